//! Exit codes: the one table of what the program's end says to a script.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Not done.
    Failed = 1,
    /// The command line was not understood.
    Usage = 2,
    /// Done, and there is something to look at: not converged, conflicts, acts without effect.
    Findings = 3,
    /// The home folder holds no node.
    NotInitialised = 10,
    /// Another process uses the store.
    StoreInUse = 11,
    /// The passphrase does not open the key file.
    WrongPassphrase = 12,
    /// What is stored or shown does not agree with its signatures or hashes.
    VerificationFailed = 13,
    /// No other node could be reached.
    NoPeer = 14,
}

impl Exit {
    /// All ends, for the help text.
    pub const ALL: [Self; 9] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Findings,
        Self::NotInitialised,
        Self::StoreInUse,
        Self::WrongPassphrase,
        Self::VerificationFailed,
        Self::NoPeer,
    ];

    /// The number a script sees.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The end that an error of the catalogue leads to.
    pub fn of_error(error: &str) -> Self {
        match error {
            "errors.usage" | "errors.confirmation_needed" => Self::Usage,
            "errors.not_initialised" => Self::NotInitialised,
            "errors.store_in_use" => Self::StoreInUse,
            "errors.wrong_passphrase" => Self::WrongPassphrase,
            "errors.verification_failed" | "errors.store_damaged" => Self::VerificationFailed,
            "errors.inviter_unreachable" => Self::NoPeer,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: &str, code: u8) {
        assert_eq!(Exit::of_error(error).code(), code, "{error}");
    }

    #[test]
    fn errors_lead_to_the_documented_codes() {
        check("errors.disk_full", 1);
        check("errors.usage", 2);
        check("errors.not_initialised", 10);
        check("errors.store_in_use", 11);
        check("errors.wrong_passphrase", 12);
        check("errors.verification_failed", 13);
        check("errors.store_damaged", 13);
        check("errors.inviter_unreachable", 14);
    }
}
