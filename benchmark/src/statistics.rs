//! Medians, and how sure one can be of them.

/// A median and the interval in which it lies with a probability of at least 95 %, or between the smallest and the largest of
/// up to five values, which five have with 94 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Median {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// From the order of the values alone: no assumption on how they are distributed.
pub fn median(mut values: Vec<f64>) -> Median {
    assert!(!values.is_empty(), "there is no median of nothing");
    values.sort_by(f64::total_cmp);
    let n = values.len();
    // The number of values below the true median is binomial. The largest `cut` with P(fewer than cut) <= 2.5 %.
    let mut probability = 0.5f64.powi(n as i32);
    let (mut below, mut cut) = (probability, 0);
    while below <= 0.025 {
        cut += 1;
        probability *= (n - cut + 1) as f64 / cut as f64;
        below += probability;
    }
    let cut = cut.saturating_sub(1);
    Median { value: middle(&values), low: values[cut], high: values[n - 1 - cut] }
}

fn middle(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0
}
