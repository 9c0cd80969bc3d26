//! The operating system's randomness: the one place of the binary that asks for it.

use fanfare_core::ports::Entropy;

/// The operating system's random source.
#[derive(Debug)]
pub(crate) struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the Entropy port's implementation")]
        getrandom::fill(bytes).expect("without randomness no key is safe and no id unique");
    }
}
