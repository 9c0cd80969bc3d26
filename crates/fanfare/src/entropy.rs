//! The operating system's randomness: the one place of the binary that asks for it.

use std::sync::{Mutex, PoisonError};

use fanfare_core::ports::Entropy;

/// Bytes drawn at once: an id or a jitter needs a few, and would else be a system call each.
const DRAWN: usize = 4096;

/// The operating system's random source.
#[derive(Debug)]
pub(crate) struct OsEntropy(Mutex<Pool>);

/// Bytes that were drawn and not yet given away; those that were are zero.
struct Pool {
    bytes: [u8; DRAWN],
    given: usize,
}

impl Default for OsEntropy {
    fn default() -> Self {
        Self(Mutex::new(Pool { bytes: [0; DRAWN], given: DRAWN }))
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > DRAWN {
            return draw(bytes);
        }
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = &mut *pool;
        if pool.given + bytes.len() > DRAWN {
            draw(&mut pool.bytes);
            pool.given = 0;
        }
        let given = &mut pool.bytes[pool.given..][..bytes.len()];
        bytes.copy_from_slice(given);
        given.fill(0);
        pool.given += bytes.len();
    }
}

fn draw(bytes: &mut [u8]) {
    #[expect(clippy::disallowed_methods, reason = "this is the Entropy port's implementation")]
    getrandom::fill(bytes).expect("without randomness no key is safe and no id unique");
}

#[cfg(test)]
mod tests;
