//! Noticing ctrl-c and the system's request to end, so that the play stops in order and its children with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};

use super::error::DemoError;

/// Whether somebody wants the play to stop.
#[derive(Debug, Clone)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens for the signals in the background.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen(runtime: &Handle) -> Result<Self, DemoError> {
        let flag = Arc::new(AtomicBool::new(false));
        let _inside = runtime.enter();
        for kind in [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ] {
            let mut signals = signal(kind).map_err(DemoError::io("listening for signals"))?;
            let flag = Arc::clone(&flag);
            runtime.spawn(async move {
                while signals.recv().await.is_some() {
                    flag.store(true, Ordering::Relaxed);
                }
            });
        }
        Ok(Self(flag))
    }

    /// Goes on, or stops.
    ///
    /// # Errors
    /// [`DemoError::Interrupted`].
    pub fn check(&self) -> Result<(), DemoError> {
        if self.0.load(Ordering::Relaxed) {
            Err(DemoError::Interrupted)
        } else {
            Ok(())
        }
    }

    /// One that nobody can trigger.
    #[cfg(test)]
    pub fn never() -> Self {
        Self(Arc::default())
    }
}
