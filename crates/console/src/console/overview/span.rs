//! The time that the overview looks back over, in moments of equal length: what happened in each.

use fanfare_core::{
    activity::{Activity, Minute, Waiting},
    time::Timestamp,
};

use crate::listing::given;

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// Sixty minutes.
    Hour,
    /// Ninety-six quarters of an hour.
    Day,
}

/// What happened in one of the moments.
pub(super) struct Moment {
    /// When it begins, as hours and minutes.
    pub(super) time: String,
    pub(super) activity: Activity,
}

/// All moments of a span, oldest first.
pub(super) struct Moments {
    pub(super) span: Span,
    all: Vec<Moment>,
    times: Vec<String>,
}

impl Span {
    pub(super) const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// What an address asks for; the hour unless it says so.
    pub(super) fn of(parameters: &[(String, String)]) -> Self {
        let wanted = given(parameters, "last").unwrap_or_default();
        Self::ALL.into_iter().find(|span| span.word() == wanted).unwrap_or(Self::Hour)
    }

    /// Its word in addresses.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hour => "Last hour",
            Self::Day => "Last 24 hours",
        }
    }

    pub(super) fn title_of_messages(self) -> &'static str {
        match self {
            Self::Hour => "Messages, by the minute",
            Self::Day => "Messages, by the quarter of an hour",
        }
    }

    pub(super) fn title_of_attempts(self) -> &'static str {
        match self {
            Self::Hour => "Attempts, by the minute",
            Self::Day => "Attempts, by the quarter of an hour",
        }
    }

    /// Minutes in a moment, and moments.
    fn shape(self) -> (i64, i64) {
        match self {
            Self::Hour => (1, 60),
            Self::Day => (15, 96),
        }
    }

    /// The minute that it begins with: moments begin where the clock shows whole ones.
    pub(super) fn first(self, now: Timestamp) -> Minute {
        let (minutes, moments) = self.shape();
        let last = Minute::of(now).0.div_euclid(minutes) * minutes;
        Minute(last).before(minutes * (moments - 1))
    }
}

impl Moment {
    /// The most that was seen waiting; nothing where nobody saw any.
    pub(super) fn waiting(&self) -> Waiting {
        self.activity.waiting.unwrap_or_default()
    }

    /// Whether there is nothing to say of it.
    pub(super) fn is_quiet(&self) -> bool {
        self.activity == Activity::default()
    }
}

impl Moments {
    /// The moments up to `now`, from what happened in each minute.
    pub(super) fn of(span: Span, now: Timestamp, minutes: &[(Minute, Activity)]) -> Self {
        let ((length, count), first) = (span.shape(), span.first(now));
        let empty = |place| {
            let begins = Minute(first.0 + place * length).start();
            Moment { time: begins.format("%H:%M"), activity: Activity::default() }
        };
        let mut all: Vec<_> = (0..count).map(empty).collect();
        for (minute, activity) in minutes {
            let place = usize::try_from((minute.0 - first.0).div_euclid(length)).ok();
            // A clock that was put back may have left what is still to come.
            if let Some(moment) = place.and_then(|place| all.get_mut(place)) {
                moment.activity.add(activity);
            }
        }
        let times = all.iter().map(|moment| moment.time.clone()).collect();
        Self { span, all, times }
    }

    pub(super) fn times(&self) -> &[String] {
        &self.times
    }

    /// A value of each moment.
    pub(super) fn values(&self, read: impl Fn(&Moment) -> Option<f64>) -> Vec<Option<f64>> {
        self.all.iter().map(read).collect()
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Moment> {
        self.all.iter().rev()
    }

    /// All of it together.
    pub(super) fn all(&self) -> Activity {
        let mut all = Activity::default();
        for moment in &self.all {
            all.add(&moment.activity);
        }
        all
    }

    /// What waited when somebody looked last: in this moment, or in the one before where it has just begun.
    pub(super) fn newest_waiting(&self) -> Waiting {
        let newest = self.newest_first().take(2).find_map(|moment| moment.activity.waiting);
        newest.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 12:34:56 of some day.
    const NOW: Timestamp = Timestamp((20_000 * 86_400 + 12 * 3_600 + 34 * 60 + 56) * 1_000_000);

    fn accepted(count: u64) -> Activity {
        Activity { accepted: count, ..Activity::default() }
    }

    #[test]
    fn an_hour_ends_with_the_minute_that_is_not_over() {
        let now = Minute::of(NOW);
        let minutes = [(now.before(59), accepted(1)), (now.before(1), accepted(2)), (now, accepted(3))];
        let moments = Moments::of(Span::Hour, NOW, &minutes);
        assert_eq!((moments.times().len(), moments.times()[0].as_str()), (60, "11:35"));
        assert_eq!(moments.times().last().unwrap(), "12:34");
        let values = moments.values(|moment| Some(moment.activity.accepted as f64));
        assert_eq!((values[0], values[58], values[59]), (Some(1.0), Some(2.0), Some(3.0)));
        assert_eq!(moments.all().accepted, 6);
    }

    #[test]
    fn a_day_is_made_of_quarters_of_the_clock() {
        let now = Minute::of(NOW);
        let minutes = [
            (Span::Day.first(NOW), accepted(7)),
            (now.before(5), accepted(1)),
            (now.before(4), accepted(2)),
            (now, accepted(4)),
        ];
        let moments = Moments::of(Span::Day, NOW, &minutes);
        assert_eq!((moments.times().len(), moments.times()[0].as_str()), (96, "12:45"));
        let values = moments.values(|moment| Some(moment.activity.accepted as f64));
        assert_eq!((values[0], values[94], values[95]), (Some(7.0), Some(1.0), Some(6.0)));
    }

    #[test]
    fn what_lies_outside_is_left_out() {
        let now = Minute::of(NOW);
        let moments =
            Moments::of(Span::Hour, NOW, &[(now.before(60), accepted(1)), (now.before(-1), accepted(1))]);
        assert_eq!(moments.all(), Activity::default());
    }

    #[test]
    fn what_waits_is_what_was_seen_last() {
        let seen = |minute, endpoints| {
            let waiting = Some(Waiting { endpoints, oldest_seconds: 0 });
            (Minute::of(NOW).before(minute), Activity { waiting, ..Activity::default() })
        };
        let of = |minutes: &[_]| Moments::of(Span::Hour, NOW, minutes).newest_waiting().endpoints;
        assert_eq!((of(&[seen(1, 5)]), of(&[seen(1, 5), seen(0, 2)]), of(&[seen(2, 5)])), (5, 2, 0));
    }
}
