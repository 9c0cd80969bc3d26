//! The SQLite store against the suite that every store must pass, in both ways it can run; and what only a
//! file can do wrong.

#![expect(clippy::unwrap_used, reason = "a failing store fails the test")]

#[path = "sqlite/backup.rs"]
mod backup;
#[path = "sqlite/checkpoint.rs"]
mod checkpoint;
#[path = "sqlite/disk_full.rs"]
mod disk_full;
#[path = "sqlite/file.rs"]
mod file;
#[path = "sqlite/subject.rs"]
mod subject;

mod threaded {
    fanfare_store::conformance!(crate::subject::threaded);
}

mod inline {
    fanfare_store::conformance!(crate::subject::inline);
}

mod shared {
    fanfare_store::conformance!(crate::subject::shared);
}
