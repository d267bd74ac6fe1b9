//! Small files that hold one position: `index.position` and `clean`.
//!
//! 24 bytes: eight that name the file, the position (12), and the CRC32C of those 20, little-endian. They are written
//! by atomic replacement, so a file that does not read back is damage; it is then as good as absent, because what
//! it says only saves time.

use crate::disk::{Disk, read_small};
use crate::error::StoreError;
use crate::position::LogPosition;

/// Which of the small files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PositionFile {
    /// How far the index had read when its files were last synced by us.
    Checkpoint,
    /// Written at an orderly end and removed at every start: where the log ended.
    Clean,
}

/// What one of the small files says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Saved {
    Absent,
    Unreadable,
    At(LogPosition),
}

impl Saved {
    /// The position, where there is one.
    pub(crate) fn position(self) -> Option<LogPosition> {
        match self {
            Self::At(position) => Some(position),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

impl PositionFile {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Checkpoint => "index.position",
            Self::Clean => "clean",
        }
    }

    fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Checkpoint => b"soxaidx\x01",
            Self::Clean => b"soxacln\x01",
        }
    }

    fn encode(self, position: LogPosition) -> Vec<u8> {
        let mut bytes = [self.magic().as_slice(), &position.to_bytes()].concat();
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn decode(self, bytes: &[u8]) -> Option<LogPosition> {
        let position = LogPosition::from_bytes(bytes.get(8..20)?)?;
        (self.encode(position) == bytes).then_some(position)
    }

    pub(crate) fn read(self, disk: &dyn Disk) -> Result<Saved, StoreError> {
        let bytes =
            read_small(disk, self.name()).map_err(|error| StoreError::io("read", self.name(), error))?;
        Ok(match bytes {
            None => Saved::Absent,
            Some(bytes) => self.decode(&bytes).map_or(Saved::Unreadable, Saved::At),
        })
    }

    pub(crate) fn write(self, disk: &dyn Disk, position: LogPosition) -> Result<(), StoreError> {
        disk.replace(self.name(), &self.encode(position))
            .map_err(|error| StoreError::io("write", self.name(), error))
    }

    /// Removes the file, durably.
    pub(crate) fn remove(self, disk: &dyn Disk) -> Result<(), StoreError> {
        match disk.remove(self.name()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("remove", self.name(), error));
            }
            // Also if it is not there: an earlier removal may not have been synced.
            _ => {}
        }
        disk.sync_dir("")
            .map_err(|error| StoreError::io("sync", "the store's folder", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory_disk::MemoryDisk;

    #[test]
    fn the_bytes_are_pinned_and_any_other_is_unreadable() {
        let position = LogPosition {
            segment: 2,
            offset: 300,
        };
        let good = PositionFile::Checkpoint.encode(position);
        assert_eq!(good, b"soxaidx\x01\x02\0\0\0\x2c\x01\0\0\0\0\0\0\x8a\x5b\x5c\xdf");
        let disk = MemoryDisk::new();
        assert_eq!(PositionFile::Checkpoint.read(&disk).unwrap(), Saved::Absent);
        disk.set_contents("index.position", good.clone());
        assert_eq!(PositionFile::Checkpoint.read(&disk).unwrap(), Saved::At(position));
        disk.set_contents("clean", good.clone());
        assert_eq!(PositionFile::Clean.read(&disk).unwrap(), Saved::Unreadable);
        let longer = [good.as_slice(), b"\0"].concat();
        let flips = (0..good.len()).map(|byte| {
            let mut flipped = good.clone();
            flipped[byte] ^= 1;
            flipped
        });
        let shorter = (0..good.len()).map(|len| good[..len].to_vec());
        for bad in flips.chain(shorter).chain([longer]) {
            disk.set_contents("index.position", bad.clone());
            assert_eq!(
                PositionFile::Checkpoint.read(&disk).unwrap(),
                Saved::Unreadable,
                "{bad:02x?}"
            );
        }
    }
}
