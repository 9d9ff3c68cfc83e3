//! Penalties by numbers: their values, and the gradients of their sum.

use super::{OnWeights, Step};
use lcnnc_lang::ir::{Binary, Reduce, Unary};
use std::borrow::Cow;

/// A value: one number, or a number for each of a weight's.
enum Numbers<'p> {
    One(f64),
    Row(Cow<'p, [f32]>),
}

/// The gradient of a value.
enum Gradient {
    /// The same for all of its numbers.
    Same(f64),
    Each(Vec<f32>),
}
impl OnWeights {
    /// Every value, by the numbers of the parameters.
    fn values<'p>(&self, params: &[&'p [f32]]) -> Vec<Numbers<'p>> {
        let mut values: Vec<Numbers<'p>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let value = match *step {
                Step::Param(index) => match params[index] {
                    [one] => Numbers::One(f64::from(*one)),
                    row => Numbers::Row(Cow::Borrowed(row)),
                },
                Step::Number(x) => Numbers::One(x),
                Step::Unary(f, x) => match &values[x] {
                    Numbers::One(x) => Numbers::One(unary(f, *x)),
                    // Every weight of most nets goes through this one, so it has a loop that vectors can do.
                    Numbers::Row(x) if f == Unary::Abs => Numbers::Row(x.iter().map(|x| x.abs()).collect()),
                    Numbers::Row(x) => Numbers::Row(each(x, |x| unary(f, x))),
                },
                Step::Binary(f, [left, right]) => match (&values[left], &values[right]) {
                    (Numbers::One(x), Numbers::One(y)) => Numbers::One(binary(f, *x, *y)),
                    (Numbers::Row(x), Numbers::One(y)) => Numbers::Row(each(x, |x| binary(f, x, *y))),
                    (Numbers::One(x), Numbers::Row(y)) => Numbers::Row(each(y, |y| binary(f, *x, y))),
                    (Numbers::Row(x), Numbers::Row(y)) => {
                        let pairs = x.iter().zip(&**y).map(|(x, y)| binary(f, f64::from(*x), f64::from(*y)) as f32);
                        Numbers::Row(pairs.collect())
                    }
                },
                Step::Reduce(f, x) => match &values[x] {
                    Numbers::One(x) => Numbers::One(*x),
                    Numbers::Row(x) => Numbers::One(reduce(f, x)),
                },
            };
            values.push(value);
        }
        values
    }

    /// The penalties, and the gradient of their sum by each parameter: none where it is frozen or the penalties do not depend on it.
    pub(super) fn run(&self, params: &[&[f32]]) -> (Vec<f32>, Vec<Option<Vec<f32>>>) {
        let values = self.values(params);
        let one = |place: &usize| match &values[*place] {
            Numbers::One(x) => *x as f32,
            Numbers::Row(_) => unreachable!("a penalty is one number"),
        };
        let penalties = self.penalties.iter().map(one).collect();
        let mut found: Vec<Option<Gradient>> = self.steps.iter().map(|_| None).collect();
        self.penalties.iter().for_each(|place| self.add(&mut found, *place, Gradient::Same(1.0)));
        let mut gradients: Vec<Option<Vec<f32>>> = vec![None; params.len()];
        for place in (0..self.steps.len()).rev() {
            let Some(dy) = found[place].take() else { continue };
            match self.steps[place] {
                Step::Param(index) => add_to(&mut gradients[index], dy, params[index].len()),
                Step::Number(_) => {}
                Step::Unary(f, x) => {
                    let dx = match (dy, &values[x], &values[place]) {
                        (Gradient::Same(dy), Numbers::One(x), Numbers::One(y)) => Gradient::Same(back(f, dy, *x, *y)),
                        (Gradient::Same(dy), Numbers::Row(x), _) if f == Unary::Abs => {
                            Gradient::Each(x.iter().map(|x| dy as f32 * sign(*x)).collect())
                        }
                        (dy, Numbers::Row(x), Numbers::Row(y)) => {
                            let dx = |n: usize| back(f, dy.at(n), f64::from(x[n]), f64::from(y[n])) as f32;
                            Gradient::Each((0..x.len()).map(dx).collect())
                        }
                        _ => unreachable!("a function gives as many numbers as it takes"),
                    };
                    self.add(&mut found, x, dx);
                }
                Step::Binary(f, both) => {
                    for side in 0..2 {
                        if self.moves[both[side]] {
                            let dx = back_of_two(f, side, &dy, both.map(|place| &values[place]));
                            self.add(&mut found, both[side], dx);
                        }
                    }
                }
                Step::Reduce(f, x) => {
                    let dx = match &values[x] {
                        Numbers::One(_) => dy,
                        Numbers::Row(row) => back_of_reduction(f, dy.at(0), row),
                    };
                    self.add(&mut found, x, dx);
                }
            }
        }
        (penalties, gradients)
    }

    /// Adds to the gradient of a value, if training moves anything that it depends on.
    fn add(&self, found: &mut [Option<Gradient>], place: usize, more: Gradient) {
        if !self.moves[place] {
            return;
        }
        found[place] = Some(match (found[place].take(), more) {
            (None, more) => more,
            (Some(Gradient::Same(before)), Gradient::Same(more)) => Gradient::Same(before + more),
            (Some(Gradient::Each(mut row)), more) | (Some(more), Gradient::Each(mut row)) => {
                row.iter_mut().enumerate().for_each(|(n, x)| *x += more.at(n) as f32);
                Gradient::Each(row)
            }
        });
    }
}
impl Gradient {
    fn at(&self, n: usize) -> f64 {
        match self {
            Gradient::Same(x) => *x,
            Gradient::Each(row) => f64::from(row[n]),
        }
    }
}

/// Adds a gradient of so many numbers to what there is.
fn add_to(sum: &mut Option<Vec<f32>>, more: Gradient, len: usize) {
    let row = match more {
        Gradient::Same(x) => vec![x as f32; len],
        Gradient::Each(row) => row,
    };
    match sum {
        Some(sum) => sum.iter_mut().zip(row).for_each(|(sum, more)| *sum += more),
        None => *sum = Some(row),
    }
}

fn each<'p>(row: &[f32], f: impl Fn(f64) -> f64) -> Cow<'p, [f32]> {
    row.iter().map(|x| f(f64::from(*x)) as f32).collect()
}

#[inline]
fn unary(f: Unary, x: f64) -> f64 {
    match f {
        Unary::Negate => -x,
        Unary::Abs => x.abs(),
        Unary::Exp => x.exp(),
        Unary::Log => x.ln(),
        Unary::Sqrt => x.sqrt(),
        Unary::Square => x * x,
        Unary::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Unary::Tanh => x.tanh(),
        Unary::Sigmoid => sigmoid(x),
        Unary::Softplus => {
            if x > 20.0 {
                x
            } else {
                x.exp().ln_1p()
            }
        }
        Unary::Gelu => unreachable!("`OnWeights::of` takes none"),
    }
}

/// The slope of `abs` as [`back`] has it, in single precision.
#[inline]
fn sign(x: f32) -> f32 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x
    }
}

fn sigmoid(x: f64) -> f64 {
    (1.0 + (-x).exp()).recip()
}

/// The gradient of `x`, where `dy` is that of `y`, the function of `x`.
#[inline]
fn back(f: Unary, dy: f64, x: f64, y: f64) -> f64 {
    match f {
        Unary::Negate => -dy,
        // At 0 the slope is 0, and where `x` is no number neither is the gradient.
        Unary::Abs => dy * if x == 0.0 || x.is_nan() { x } else { x.signum() },
        Unary::Exp => dy * y,
        Unary::Log => dy / x,
        Unary::Sqrt => dy / (2.0 * y),
        Unary::Square => dy * 2.0 * x,
        Unary::Relu => {
            if y <= 0.0 {
                0.0
            } else {
                dy
            }
        }
        Unary::Tanh => dy * (1.0 - y * y),
        Unary::Sigmoid => dy * y * (1.0 - y),
        Unary::Softplus => dy * sigmoid(x),
        Unary::Gelu => unreachable!("`OnWeights::of` takes none"),
    }
}

#[inline]
fn binary(f: Binary, left: f64, right: f64) -> f64 {
    match f {
        Binary::Add => left + right,
        Binary::Sub => left - right,
        Binary::Mul => left * right,
        Binary::Div => left / right,
    }
}

/// The gradient of the left (0) or right (1) side of a primitive of two values, summed where one number meets many.
fn back_of_two(f: Binary, side: usize, dy: &Gradient, sides: [&Numbers<'_>; 2]) -> Gradient {
    let at = |numbers: &Numbers<'_>, n: usize| match numbers {
        Numbers::One(x) => *x,
        Numbers::Row(row) => f64::from(row[n]),
    };
    let slope = |n: usize| {
        let [left, right] = sides.map(|numbers| at(numbers, n));
        match (f, side) {
            (Binary::Add, _) | (Binary::Sub, 0) => 1.0,
            (Binary::Sub, _) => -1.0,
            (Binary::Mul, 0) => right,
            (Binary::Mul, _) => left,
            (Binary::Div, 0) => right.recip(),
            (Binary::Div, _) => -left / (right * right),
        }
    };
    let len =
        sides.iter().filter_map(|numbers| if let Numbers::Row(row) = numbers { Some(row.len()) } else { None }).next();
    let each = |n: usize| dy.at(n) * slope(n);
    match (sides[side], len) {
        (Numbers::Row(row), _) => Gradient::Each((0..row.len()).map(|n| each(n) as f32).collect()),
        (Numbers::One(_), Some(len)) => Gradient::Same((0..len).map(each).sum()),
        (Numbers::One(_), None) => Gradient::Same(each(0)),
    }
}

fn reduce(f: Reduce, row: &[f32]) -> f64 {
    let extreme = |place: usize| f64::from(row[place]);
    match f {
        Reduce::Sum => sum(row),
        Reduce::Mean => sum(row) / row.len() as f64,
        Reduce::Min | Reduce::Max => extreme(first_extreme(f, row)),
    }
}

/// The sum of all numbers, in an order that does not depend on the processor.
fn sum(row: &[f32]) -> f64 {
    let (whole, rest) = row.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in whole {
        sums.iter_mut().zip(eight).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    sums.iter().sum::<f64>() + rest.iter().map(|x| f64::from(*x)).sum::<f64>()
}

/// The place of the least or the greatest number, the first of several; of what is no number, if there is such.
fn first_extreme(f: Reduce, row: &[f32]) -> usize {
    let further = |x: f32, than: f32| if f == Reduce::Min { x < than } else { x > than };
    let first = |best: usize, n: usize| {
        let (x, than) = (row[n], row[best]);
        if !than.is_nan() && (x.is_nan() || further(x, than)) { n } else { best }
    };
    (0..row.len()).fold(0, first)
}

fn back_of_reduction(f: Reduce, dy: f64, row: &[f32]) -> Gradient {
    match f {
        Reduce::Sum => Gradient::Same(dy),
        Reduce::Mean => Gradient::Same(dy / row.len() as f64),
        Reduce::Min | Reduce::Max => {
            let mut dx = vec![0.0; row.len()];
            dx[first_extreme(f, row)] = dy as f32;
            Gradient::Each(dx)
        }
    }
}
