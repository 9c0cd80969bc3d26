//! Randomness as a port.

/// A source of unpredictable bytes; seeded in the simulator.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// A factor drawn evenly from `1 - spread ..= 1 + spread`; `spread` is clamped to 0–1.
pub fn jitter(entropy: &dyn Entropy, spread: f64) -> f64 {
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    let unit = f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX);
    1.0 + spread.clamp(0.0, 1.0) * (2.0 * unit - 1.0)
}
