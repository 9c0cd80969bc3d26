//! The last word of a command that failed: one line that says what was wrong and what to do.

use anyhow::Error;
use fanfare_core::ports::store::StoreError;
use fanfare_engine::configure::ConfigureError;

/// The error and its causes; a cause that is named already is not said twice.
pub(crate) fn line(error: &Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !line.contains(&cause) {
            line += if line.is_empty() { "" } else { ": " };
            line += &cause;
        }
    }
    if is_broken_store(error) {
        line += "; `fanfare doctor` looks closer, and what is damaged is restored from a backup";
    }
    line
}

/// Whether it is the store itself that is broken, where no message of its own says what to do.
fn is_broken_store(error: &Error) -> bool {
    error.chain().any(|cause| {
        matches!(cause.downcast_ref(), Some(StoreError::Broken(_)))
            || matches!(cause.downcast_ref(), Some(ConfigureError::Store(StoreError::Broken(_))))
    })
}

#[cfg(test)]
mod tests;
