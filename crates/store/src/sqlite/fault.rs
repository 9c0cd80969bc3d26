//! Sorting SQLite's errors by what the caller can do about them.

use fanfare_core::ports::store::StoreError;
use rusqlite::{Error, ErrorCode, types::Type};

/// An error for stored data that makes no sense, or values that cannot be stored.
pub(super) fn broken(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::FromSqlConversionFailure(0, Type::Null, what.into())
}

/// What the port says about an error: the disk may have room again and a lock may be freed; a damaged file or
/// a constraint that our own checks should have kept will not mend by trying again.
pub(super) fn store_error(error: &Error) -> StoreError {
    if is_passing(error) {
        StoreError::Unavailable { reason: error.to_string(), ambiguous: false }
    } else {
        StoreError::Broken(error.to_string())
    }
}

/// Whether the connection should be opened anew before it is used again.
pub(super) fn wants_reopen(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly)
    )
}

fn is_passing(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
        )
    )
}
