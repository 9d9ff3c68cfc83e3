//! What one row of scores says.

/// The class of the largest score; of equal ones, the first.
pub fn named(scores: &[f32]) -> usize {
    let first = |best: usize, class: usize| if scores[class] > scores[best] { class } else { best };
    (0..scores.len()).fold(0, first)
}

/// The place of a class among all, from 1 for the largest score; of equal ones, the first class comes first.
pub fn rank(scores: &[f32], class: usize) -> usize {
    let own = scores[class];
    let is_ahead = |(other, score): (usize, &f32)| *score > own || (*score == own && other < class);
    1 + scores.iter().enumerate().filter(|it| is_ahead((it.0, it.1))).count()
}

/// The cross-entropy of a class in nats.
pub fn nats(scores: &[f32], class: usize) -> f64 {
    let largest = f64::from(scores[named(scores)]);
    let sum: f64 = scores.iter().map(|score| (f64::from(*score) - largest).exp()).sum();
    sum.ln() + largest - f64::from(scores[class])
}

/// How probable a class is, from 0 to 1.
pub fn probability(scores: &[f32], class: usize) -> f64 {
    (-nats(scores, class)).exp()
}
