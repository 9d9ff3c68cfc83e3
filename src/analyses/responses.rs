//! How the responses of a value are distributed, step by step (Park, Zhang & Choe, 2025, Fig. 7).

use super::control::Control;
use super::power_law::{PowerLaw, Sorted};
use super::response_figure::{Seen, figure};
use super::rivals::Verdict;
use super::sample::{Sample, binned_exponent};
use super::table::WHOSE;
use super::values::{self, OF, asked, has_maps};
use super::{Analysis, Bench, Cell, Column, Findings, Measure};
use crate::train::TrainError;
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};

pub const RESPONSES: Analysis = Analysis {
    name: "responses",
    about: "distribution of responses, its power law and the threshold, a row for each step (Park et al., 2025, Fig. 7)",
    args: &[
        OF,
        Arg::with("zeros", Type::Bool, ArgValue::Bool(true), "whether exact zeros count among the numbers"),
        Arg::with(
            "control",
            Type::Word(Control::WORDS),
            ArgValue::Word("none"),
            "what the net is shown in place of the images",
        ),
        Arg::with(
            "bins",
            Type::Count { min: 2, max: 100 },
            ArgValue::Count(10),
            "bins of the histogram for each power of ten",
        ),
    ],
    columns: &[
        Column { name: "value", about: "the value, as in `O`" },
        Column { name: "step", about: "the step of its loop, 0 for the initial value; empty outside of loops" },
        Column { name: "control", about: "what the net was shown in place of the images; `none` for the images" },
        Column { name: "with_zeros", about: "1 if exact zeros are among the `n` numbers, else 0" },
        Column { name: "n", about: "how many numbers there are, of all images together" },
        Column { name: "positive", about: "how many of them are above 0" },
        Column { name: "sampled", about: "how many of these the law is fitted to: all, or at most 200000 of them" },
        Column { name: "sd", about: "`s`, standard deviation of the `n` numbers, divided by `n`" },
        Column {
            name: "x_min",
            about: "where the tail begins: the sampled number from which on a law has the least `distance`",
        },
        Column {
            name: "exponent",
            about: "`a = 1 + n_tail / sum(ln(x / x_min))`, of the density `c x^-a` of the tail",
        },
        Column { name: "exponent_se", about: "standard error of it, `(a - 1) / sqrt(n_tail)`" },
        Column {
            name: "distance",
            about: "largest distance of the cumulative distributions of tail and law (Kolmogorov-Smirnov)",
        },
        Column { name: "n_tail", about: "how many sampled numbers are at `x_min` or above" },
        Column {
            name: "against_lognormal",
            about: "Vuong's normalised log likelihood ratio, above 0 if the law is favoured over a lognormal tail",
        },
        Column { name: "p_lognormal", about: "how probable a ratio of that size is by chance, from 0 to 1" },
        Column { name: "against_exponential", about: "the ratio for an exponential tail" },
        Column { name: "p_exponential", about: "how probable that one is by chance" },
        Column {
            name: "binned_exponent",
            about: "exponent of a line by least squares through the logarithms of the histogram from `x_min` on",
        },
        Column {
            name: "threshold_0",
            about: "smaller `x` where the law meets the normal distribution of the same `s`; empty if they do not meet",
        },
        Column { name: "threshold_1", about: "larger `x` where they meet, above which the law is the larger one" },
        WHOSE,
    ],
    watches: true,
    applies: has_maps,
    run,
};

/// What is found in the numbers of one step.
struct Found {
    law: PowerLaw,
    /// On a lognormal and on an exponential tail.
    verdicts: [Option<Verdict>; 2],
    binned: Option<f64>,
    thresholds: Option<[f64; 2]>,
    /// How many numbers the tail is a part of.
    sampled: usize,
}

impl Found {
    /// What runs are compared by.
    fn measures(&self, value: &str, place: &str) -> Vec<Measure> {
        // So steep a tail is none, and its law is not drawn.
        if self.law.exponent > STEEP {
            return Vec::new();
        }
        let [lower, upper] = [0, 1].map(|n| self.thresholds.map(|at| at[n]));
        let all = [
            ("exponent of the power law", Some(self.law.exponent)),
            ("lower threshold", lower),
            ("upper threshold", upper),
        ];
        all.into_iter().filter_map(|(quantity, x)| Some(Measure::new(value, place, quantity, x?))).collect()
    }
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let mut findings = Findings::default();
    let (with_zeros, bins) = (call.bool("zeros"), call.count("bins"));
    let control = Control::of(call.word("control"));
    let all = asked(bench.net(), call.names("of"))?;
    for asked in &all {
        let name = asked.text.split('@').next().unwrap_or_default();
        let mut samples: Vec<Sample> = (0..asked.steps.len().max(1)).map(|_| Sample::new(bins)).collect();
        bench.watch_control(asked, control, &mut |step, x| samples[step].add(x))?;
        let mut seen = Vec::new();
        for (step, sample) in samples.into_iter().enumerate() {
            let at = asked.steps.get(step).map(|at| at.iter().map(usize::to_string).collect::<Vec<_>>().join("@"));
            let title = at.as_ref().map_or_else(|| format!("`{name}`"), |at| format!("`{name}`, step {at}"));
            let (n, sd) = sample.count_and_sd(with_zeros);
            let numbers = sample.sorted();
            let densities = sample.densities(n);
            let share = sample.positive as f64 / n as f64 / numbers.len() as f64;
            let found = found(&numbers, &densities, (share, sd));
            let head = [
                Cell::Text(name.to_owned()),
                at.clone().map_or(Cell::Absent, Cell::Text),
                Cell::Text(call.word("control").to_owned()),
            ];
            let counts = [usize::from(with_zeros), n, sample.positive, numbers.len()].map(Cell::Count);
            let cells = head.into_iter().chain(counts).chain([Cell::Number(sd)]).chain(cells(found.as_ref()));
            findings.rows.push(cells.collect());
            findings.notes.push(note(&title, found.as_ref()));
            let place = values::place(asked, step);
            findings.measures.extend(found.iter().flat_map(|found| found.measures(name, &place)));
            let is_law = |found: &&Found| found.law.exponent <= STEEP;
            let law = found.as_ref().filter(is_law);
            let law = law.map(|found| (found.law.clone(), share * found.law.tail as f64));
            let lowest = numbers.get(numbers.len() / 100).copied();
            let thresholds = found.filter(|found| is_law(&found)).and_then(|found| found.thresholds);
            seen.push(Seen { title: title.replace('`', ""), n, sd, densities, lowest, law, thresholds });
        }
        let of = if all.len() > 1 { name } else { "" };
        let about = format!("{}; {}", bench.about_run(), bench.about_images());
        findings.figures.push(figure(of, (name, images(bench.images(), control), &about), with_zeros, seen));
    }
    Ok(findings)
}

/// The law of positive numbers; `share` is the part of all numbers that one of them stands for.
fn found(numbers: &[f64], densities: &[[f64; 3]], (share, sd): (f64, f64)) -> Option<Found> {
    let sorted = Sorted::new(numbers);
    let law = sorted.law()?;
    let verdicts = sorted.verdicts(&law);
    let thresholds = law.meets_normal(share * law.tail as f64, sd);
    Some(Found { verdicts, binned: binned_exponent(densities, law.x_min), thresholds, sampled: numbers.len(), law })
}

/// The cells from `x_min` on.
fn cells(found: Option<&Found>) -> Vec<Cell> {
    let number = |x: Option<f64>| x.map_or(Cell::Absent, Cell::Number);
    let law = found.map(|found| &found.law);
    let mut cells: Vec<Cell> =
        [law.map(|law| law.x_min), law.map(|law| law.exponent), law.map(PowerLaw::error), law.map(|law| law.distance)]
            .map(number)
            .into();
    cells.push(law.map_or(Cell::Absent, |law| Cell::Count(law.tail)));
    for rival in 0..2 {
        let verdict = found.and_then(|found| found.verdicts[rival].as_ref());
        cells.extend([verdict.map(|it| it.ratio), verdict.map(|it| it.p)].map(number));
    }
    cells.push(number(found.and_then(|found| found.binned)));
    let thresholds = found.and_then(|found| found.thresholds);
    cells.extend([0, 1].map(|n| number(thresholds.map(|at| at[n]))));
    cells
}

/// How many images of which kind.
fn images(n: usize, control: Control) -> String {
    format!("{n} {} images", control.about()).replace("  ", " ")
}

fn note(title: &str, found: Option<&Found>) -> String {
    let Some(Found { law, verdicts, thresholds, sampled, .. }) = found else {
        return format!("{title}: too few numbers above 0 for a power law");
    };
    let against = |rival: &str, verdict: &Option<Verdict>| match verdict {
        Some(Verdict { p, .. }) if *p > DOUBT => format!("neither it nor {rival} tail is favoured (p {p:.3})"),
        Some(Verdict { ratio, p }) if *ratio < 0.0 => format!("{rival} tail is favoured over it (p {})", chance(*p)),
        Some(Verdict { p, .. }) => format!("it is favoured over {rival} tail (p {})", chance(*p)),
        None => format!("{rival} tail cannot be told from it"),
    };
    let meet = match thresholds {
        Some([first, second]) => format!("it meets the normal distribution at {first:.4} and at {second:.4}"),
        None => "it and the normal distribution do not meet".to_owned(),
    };
    if law.exponent > STEEP {
        return format!(
            "{title}: the numbers end near {:.4}; a power law from there on would have the exponent {:.0}, which is no tail",
            law.x_min, law.exponent
        );
    }
    format!(
        "{title}: the power law of the largest {:.2} % of the positive numbers, from {:.4} on, has the exponent {:.2} ± {:.2}; {}; {}; {meet}",
        100.0 * law.tail as f64 / *sampled as f64,
        law.x_min,
        law.exponent,
        law.error(),
        against("a lognormal", &verdicts[0]),
        against("an exponential", &verdicts[1])
    )
}

/// Numbers that fall off with a larger exponent end, as those of a function that saturates do: of a law with this one, a thousandth is
/// above twice `x_min`.
const STEEP: f64 = 11.0;

/// A larger probability of chance leaves open what is favoured (Clauset, Shalizi & Newman, 2009).
const DOUBT: f64 = 0.1;

fn chance(p: f64) -> String {
    if p < 0.001 { "below 0.001".to_owned() } else { format!("{p:.3}") }
}
