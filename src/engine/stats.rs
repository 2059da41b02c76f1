//! Where the time of a run went.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Where the time of a run went.
#[derive(Debug, Default)]
pub struct Stats {
    /// Time per phase; `parse` and `extract` are summed over threads, the others wall time.
    pub phases: Vec<(&'static str, Duration)>,
    /// Time per rule, summed over threads: the longest first.
    pub rules: Vec<RuleTime>,
}

/// How long a rule took. What it shares with other rules counts for the one that came first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleTime {
    /// Its id.
    pub rule: Arc<str>,
    /// Over all its branches.
    pub time: Duration,
}

impl Stats {
    /// `branches` are in the order of the rules.
    pub(super) fn new(
        phases: Vec<(&'static str, Duration)>,
        branches: Vec<(Arc<str>, Duration)>,
    ) -> Self {
        let mut rules: Vec<RuleTime> = Vec::new();
        for (rule, time) in branches {
            match rules.last_mut() {
                Some(last) if last.rule == rule => last.time += time,
                _ => rules.push(RuleTime { rule, time }),
            }
        }
        rules.sort_by(|a, b| (b.time, &a.rule).cmp(&(a.time, &b.rule)));
        Self { phases, rules }
    }
}

/// Time spent on files, summed over threads.
#[derive(Default)]
pub(super) struct Clock {
    parse: AtomicU64,
    extract: AtomicU64,
}

impl Clock {
    pub fn add(&self, parse: Duration, extract: Duration) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.parse.fetch_add(nanos(parse), Ordering::Relaxed);
        self.extract.fetch_add(nanos(extract), Ordering::Relaxed);
    }

    pub fn phases(&self) -> Vec<(&'static str, Duration)> {
        let read = |counter: &AtomicU64| Duration::from_nanos(counter.load(Ordering::Relaxed));
        vec![("parse", read(&self.parse)), ("extract", read(&self.extract))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_of_a_rule_are_added_up() {
        let ms = Duration::from_millis;
        let times = [("a", 1), ("a", 2), ("b", 9), ("c", 3)];
        let branches = times.iter().map(|(rule, time)| (Arc::from(*rule), ms(*time))).collect();
        let stats = Stats::new(Vec::new(), branches);
        let found: Vec<(&str, Duration)> = stats.rules.iter().map(|r| (&*r.rule, r.time)).collect();
        assert_eq!(found, [("b", ms(9)), ("a", ms(3)), ("c", ms(3))]);
    }
}
