//! Seeded randomness: every part of the simulation draws from a stream of its own.

use std::time::Duration;

use fanfare_core::ports::Entropy;
use parking_lot::Mutex;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// A stream of randomness.
pub(crate) struct Dice(Mutex<ChaCha8Rng>);

impl Dice {
    /// The stream of that name of a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(Mutex::new(rng))
    }

    /// A number from `0..below`.
    pub(crate) fn below(&self, below: u64) -> u64 {
        self.0.lock().next_u64() % below.max(1)
    }

    /// A number from `from..=to`.
    pub(crate) fn between(&self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    /// True once in so many times.
    pub(crate) fn once_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A duration from `0..most`, to the microsecond.
    pub(crate) fn duration(&self, most: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(most.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl Entropy for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().fill_bytes(bytes);
    }
}
