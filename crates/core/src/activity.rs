//! Activity: what happened in one environment in one minute, small enough that every minute can be kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A minute, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minute(pub i64);

impl Minute {
    /// The minute that a moment lies in.
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_seconds().div_euclid(60))
    }

    /// When it begins.
    pub fn start(self) -> Timestamp {
        Timestamp::from_seconds(self.0.saturating_mul(60))
    }

    /// The minute so many minutes before.
    pub fn before(self, minutes: i64) -> Self {
        Self(self.0.saturating_sub(minutes))
    }
}

/// What happened in some time: a minute, or several together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// Messages accepted.
    pub accepted: u64,
    /// Attempts that succeeded.
    pub succeeded: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// From accept (or `deliverAt`) to success.
    pub latencies: Latencies,
    /// The most that was seen waiting in the store; none where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
}

/// What waits in the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiting {
    /// Endpoints with deliveries that wait: for their turn, or for a further attempt.
    pub endpoints: u64,
    /// For how many seconds the one that has been due for longest has been due (paused endpoints left out).
    pub oldest_seconds: u64,
}

impl Activity {
    /// Takes in what happened elsewhere, or in another minute.
    pub fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.latencies.add(&other.latencies);
        if let Some(waiting) = other.waiting {
            self.saw(waiting);
        }
    }

    /// Notes what somebody saw waiting.
    pub fn saw(&mut self, waiting: Waiting) {
        let most = self.waiting.get_or_insert_default();
        most.endpoints = most.endpoints.max(waiting.endpoints);
        most.oldest_seconds = most.oldest_seconds.max(waiting.oldest_seconds);
    }

    /// The share of attempts that succeeded, between 0 and 1; none without attempts.
    pub fn success_rate(&self) -> Option<f64> {
        let attempts = self.succeeded + self.failed;
        (attempts > 0).then(|| self.succeeded as f64 / attempts as f64)
    }
}

/// Durations by size: each bucket ends at 2^¼ times the end of the one before, so that what is read back is at
/// most a tenth beside the truth.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Latencies(Vec<u64>);

/// A text that is no [`Latencies`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected buckets with their counts, such as `14:2 63:1`")]
pub struct InvalidLatencies;

impl From<Latencies> for String {
    fn from(latencies: Latencies) -> Self {
        let counted = latencies.0.iter().enumerate().filter(|(_, count)| **count > 0);
        let pairs: Vec<_> = counted.map(|(bucket, count)| format!("{bucket}:{count}")).collect();
        pairs.join(" ")
    }
}

impl TryFrom<String> for Latencies {
    type Error = InvalidLatencies;

    fn try_from(text: String) -> Result<Self, InvalidLatencies> {
        let mut latencies = Self::default();
        for pair in text.split(' ').filter(|pair| !pair.is_empty()) {
            let (bucket, count) = pair.split_once(':').ok_or(InvalidLatencies)?;
            let bucket: u8 = bucket.parse().map_err(|_| InvalidLatencies)?;
            latencies.add_to(bucket.into(), count.parse().map_err(|_| InvalidLatencies)?);
        }
        Ok(latencies)
    }
}

/// The end of the first bucket, in seconds.
const FIRST: f64 = 0.000_1;
/// Buckets until the end has doubled.
const PER_DOUBLE: f64 = 4.0;

impl Latencies {
    /// Counts a duration.
    pub fn count(&mut self, took: Duration) {
        let doubles = (took.as_secs_f64() / FIRST).log2();
        let bucket = (doubles * PER_DOUBLE).ceil().clamp(0.0, f64::from(u8::MAX));
        self.add_to(bucket as usize, 1);
    }

    /// Takes in others.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in other.0.iter().enumerate().filter(|(_, count)| **count > 0) {
            self.add_to(bucket, *count);
        }
    }

    fn add_to(&mut self, bucket: usize, count: u64) {
        if self.0.len() <= bucket {
            self.0.resize(bucket + 1, 0);
        }
        self.0[bucket] += count;
    }

    /// What this share (between 0 and 1) of them took at most; none where there are none.
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let total: u64 = self.0.iter().sum();
        let wanted = ((total as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        let bucket = self.0.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        // The middle of the bucket, as its ends are compared: by their ratio.
        bucket.map(|bucket| Duration::from_secs_f64(FIRST * ((bucket as f64 - 0.5) / PER_DOUBLE).exp2()))
    }
}

#[cfg(test)]
mod tests;
