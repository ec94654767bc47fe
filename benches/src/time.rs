//! Time that other processes do not lengthen.

use std::time::Duration;

/// Time on a processor of the calling thread.
pub fn cpu_now() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(now.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}

/// Median nanoseconds on the processor of one of so many questions, asked in turn within about `budget`,
/// and how many were asked.
pub fn timed(questions: usize, budget: Duration, mut ask: impl FnMut(usize)) -> (f64, u64) {
    let samples = 15_u32;
    let begin = cpu_now();
    ask(0);
    let one = cpu_now().saturating_sub(begin).max(Duration::from_nanos(50));
    let each = (budget.as_nanos() / u128::from(samples) / one.as_nanos()).clamp(1, 100_000);
    let each = u32::try_from(each).unwrap_or(1);
    let (mut number, mut asked) = (0, 1);
    let mut all: Vec<f64> = Vec::new();
    // The first question may have been quicker than others.
    let end = begin + budget * 2;
    while all.len() < samples as usize && (all.len() < 3 || cpu_now() < end) {
        let begin = cpu_now();
        for _ in 0..each {
            ask(number);
            number = (number + 1) % questions;
        }
        asked += u64::from(each);
        all.push(cpu_now().saturating_sub(begin).as_secs_f64() * 1e9 / f64::from(each));
    }
    all.sort_by(f64::total_cmp);
    (all[all.len() / 2], asked)
}
