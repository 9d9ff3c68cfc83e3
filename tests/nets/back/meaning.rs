//! What the compiler believes of functions without calculating them, against what they are: bounds and time.

use crate::back::nets::Make;
use crate::back::{device, images, model};
use crate::registries::{BINARIES, REDUCTIONS, UNARIES};
use lcnnc_lang::ir::{Binary, Builder, Net, ParamClass, Reduce, Shape, Unary, Value, bounds, timing};

/// The middle of an interval and half its width.
type Interval = (f64, f64);

/// Appends a function of one value or of both.
type Apply<'a> = &'a dyn Fn(&mut Builder, [Value; 2]) -> Value;

/// On one side of zero, on both, and far from it.
const INTERVALS: [Interval; 7] =
    [(0.0, 0.5), (0.0, 3.0), (0.0, 30.0), (2.0, 1.0), (-2.0, 1.0), (-25.0, 24.0), (3.0, 3.0)];

/// Numbers of a weight, which `tanh` brings into an interval.
const WEIGHTS: [f64; 6] = [-9.0, -0.7, -0.1, 0.0, 0.4, 9.0];

/// A net with two penalties: the smallest entry of what `apply` makes of two values within intervals, and that of its negative.
fn judged(intervals: [Interval; 2], apply: Apply<'_>) -> Net {
    let mut net = Make::new([1, 2, 2]);
    let values = [("a", intervals[0]), ("b", intervals[1])].map(|(name, (middle, half))| {
        let shape = [1, WEIGHTS.len() * WEIGHTS.len()];
        let weight = net.param(&format!("{name}.weight"), &shape, ParamClass::Kernel);
        let weight = net.0.read(weight);
        let share = net.0.unary(Unary::Tanh, weight);
        let [middle, half] = [middle, half].map(|x| net.0.number(x));
        let off = net.binary(Binary::Mul, share, half);
        net.binary(Binary::Add, off, middle)
    });
    let made = apply(&mut net.0, values);
    let negative = net.0.unary(Unary::Negate, made);
    let ends = [made, negative].map(|x| net.0.reduce(Reduce::Min, x));
    net.finish_with("judged", Value::INPUT, ends.to_vec())
}

/// What is wrong with the bounds of a function, if something is.
fn beyond(name: &str, apply: Apply<'_>) -> Option<String> {
    INTERVALS.into_iter().flat_map(|a| INTERVALS.map(|b| [a, b])).find_map(|intervals| {
        let net = judged(intervals, apply);
        let model = model(&net, 0);
        let mut weights = model.weights().unwrap();
        for weight in &mut weights {
            // Every number of the one meets every number of the other.
            let pairs = WEIGHTS.into_iter().flat_map(|x| WEIGHTS.map(|y| [x, y]));
            match weight.name.as_str() {
                "a.weight" => weight.values = pairs.map(|[x, _]| x).collect(),
                "b.weight" => weight.values = pairs.map(|[_, y]| y).collect(),
                _ => {}
            }
        }
        let forward = model.with_weights(&weights).unwrap().forward(images(&net, &device()));
        let mut ends = net.penalties.iter().zip(forward.penalties);
        ends.find_map(|(penalty, found)| {
            let (least, found): (f64, f64) = (bounds::below(&net, penalty.value)?, found.into_scalar());
            let is_beyond = found < least - 1e-9 * (1.0 + least.abs());
            let what = if penalty.name == "p0" { format!("`{name}`") } else { format!("the negative of `{name}`") };
            is_beyond
                .then(|| format!("{what} of numbers within {intervals:?} is {found}, and was to be at least {least}"))
        })
    })
}

#[test]
fn no_function_is_beyond_its_bounds() {
    let of_one = UNARIES.iter().map(|f| beyond(f.word(), &|net, [x, _]| net.unary(*f, x)));
    let of_two = BINARIES.iter().map(|f| beyond(f.word(), &|net, [x, y]| net.binary(*f, x, y).unwrap()));
    let of_all = REDUCTIONS.iter().map(|f| beyond(f.word(), &|net, [x, _]| net.reduce(*f, x)));
    let wrong: Vec<String> = of_one.chain(of_two).chain(of_all).flatten().collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// A state that is zero and stays so is told from one that moves without the image: by whether the function of zero is zero.
#[test]
fn what_functions_make_of_zero_is_known() {
    for f in UNARIES {
        let mut net = Make::new([1, 2, 2]);
        let zeros = net.0.zeros(Shape::Map([1, 2, 2])).unwrap();
        let (open, states) = net.0.begin_loop("L", 2, vec![("S".to_owned(), zeros)]);
        let next = net.0.unary(*f, states[0]);
        let (_, last) = net.0.end_loop(open, &[next]).unwrap();
        let of_zero = net.0.unary(*f, zeros);
        net.0.name(of_zero, "of_zero");
        let net = net.finish("zero", last[0]);
        let (_, trace) = model(&net, 0).trace(images(&net, &device()));
        let (_, of_zero) = trace.iter().find(|(name, _)| name == "of_zero").unwrap();
        let is_zero = of_zero.to_data().iter::<f64>().all(|x| x == 0.0);
        let moves = timing::table(&net)[0].moves.contains(&next);
        let word = f.word();
        assert!(moves != is_zero, "lang/src/ir/timing.rs is wrong about `{word}` of 0, which is zero: {is_zero}");
    }
}
