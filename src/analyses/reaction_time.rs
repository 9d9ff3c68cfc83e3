//! When a net is sure of its answer: the step at which the entropy of its probabilities falls below a bound (Spoerer, Kietzmann,
//! Mehrer, Charest & Kriegeskorte, 2020).

use super::moments::mean_and_sd;
use super::table::WHOSE;
use super::{Analysis, Bench, Cell, Column, Figure, Findings, Measure, Rows, Table};
use crate::activity::{Asked, Place};
use crate::figures::{Axis, Drawing, Mark, MarkKind, Panel, Plot};
use crate::train::TrainError;
use lcnnc_lang::ir::{Net, Shape};
use lcnnc_lang::vocabulary::{Arg, ArgValue, Bound, Type};

pub const REACTION_TIME: Analysis = Analysis {
    name: "reaction_time",
    about: "the first step at which the entropy of the answer falls below a bound, a row for each class and outcome (Spoerer et al., 2020)",
    args: &[Arg::with(
        "bound",
        Type::Real { min: 1e-6, max: 100.0 },
        ArgValue::Real(0.1),
        "the entropy in nats below which an answer is given; of `n` equally probable classes it is `ln(n)`",
    )],
    columns: &[
        Column { name: "class", about: "the class of the images, or `all`" },
        Column { name: "outcome", about: "`correct` or `wrong` answers at the step of the answer, or `all`" },
        Column { name: "bound", about: "the bound, in nats" },
        Column { name: "images", about: "how many images" },
        Column {
            name: "never",
            about: "share of them whose entropy is at no step below the bound; they answer at the last step",
        },
        Column {
            name: "step",
            about: "mean step of the answer, without those that never fall below; empty where there are none",
        },
        Column { name: "step_sd", about: "standard deviation of it over images (divided by their number less 1)" },
        Column { name: "accuracy", about: "share of right answers at the step of the answer, from 0 to 1" },
        Column { name: "last_accuracy", about: "share of right answers at the last step" },
        WHOSE,
    ],
    watches: true,
    applies,
    run,
};

const STEPS: &[Column] = &[
    Column { name: "step", about: "the step" },
    Column { name: "entropy", about: "mean entropy over images, in nats" },
    Column { name: "entropy_sd", about: "its standard deviation over images" },
    Column { name: "accuracy", about: "share of right answers at this step" },
    Column {
        name: "answered",
        about: "share of images that answer at this step, being below the bound for the first time",
    },
    WHOSE,
];

const IMAGES: &[Column] = &[
    Column { name: "image", about: "the image among those that are shown, from 0" },
    Column { name: "class", about: "its class" },
    Column { name: "step", about: "the step of its answer; empty if its entropy is at no step below the bound" },
    Column { name: "answer", about: "the answer at that step, or at the last one" },
    Column { name: "entropy", about: "the entropy then, in nats" },
    WHOSE,
];

/// The scores at each step.
fn scores(net: &Net) -> Result<Asked, String> {
    let traced = net.traced();
    let is_meant = |n: &usize| {
        traced[*n].name == net.output.name
            && traced[*n].shape == Shape::Vector(net.classes)
            && !traced[*n].steps.is_empty()
    };
    let numbers: Vec<usize> = (0..traced.len()).filter(is_meant).collect();
    if numbers.len() < 2 {
        let output = &net.output.name;
        return Err(format!(
            "`{output}` has no steps, since no loop of two steps or more makes it: to see answers step by step, write the \
             classifier into the loop"
        ));
    }
    let steps = numbers.iter().map(|n| traced[*n].steps.clone()).collect();
    Ok(Asked {
        text: format!("{}@all", net.output.name),
        place: Place::Traced(numbers),
        steps,
        dims: vec![net.classes],
    })
}

fn applies(net: &Net) -> Result<(), String> {
    scores(net).map(drop)
}

/// The entropy in nats of the probabilities that scores have by softmax.
pub fn entropy(scores: &[f32]) -> f64 {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let from_most: Vec<f64> = scores.iter().map(|x| f64::from(*x) - f64::from(most)).collect();
    let sum: f64 = from_most.iter().map(|x| x.exp()).sum();
    // What is not probable at all adds nothing.
    let parts = from_most.iter().filter(|x| **x > f64::NEG_INFINITY).map(|x| (sum.ln() - x) * x.exp() / sum);
    parts.sum()
}

/// The entropy and the answer of a net for one image, step by step.
struct Course {
    class: usize,
    entropies: Vec<f64>,
    answers: Vec<usize>,
}

impl Course {
    /// The place of the first step below the bound.
    fn at(&self, bound: f64) -> Option<usize> {
        self.entropies.iter().position(|entropy| *entropy < bound)
    }

    fn last(&self) -> usize {
        self.entropies.len() - 1
    }

    fn is_right(&self, step: usize) -> bool {
        self.answers[step] == self.class
    }
}

fn run(bench: &Bench, call: &Bound) -> Result<Findings, TrainError> {
    let asked = scores(bench.net()).map_err(|reason| REACTION_TIME.refused(reason))?;
    let (bound, classes) = (call.real("bound"), bench.classes());
    let Some(labels) = bench.labels() else {
        let reason =
            "the images that the net is shown have no classes: leave `--images` away for those of the data set";
        return Err(REACTION_TIME.refused(reason.to_owned()));
    };
    if classes != bench.trained().manifest().data.classes {
        let reason = "the images are of other classes than those that the net answers with, so that no answer is right";
        return Err(REACTION_TIME.refused(reason.to_owned()));
    }
    let mut courses: Vec<Course> = Vec::new();
    bench.watch(&asked, &mut |step, scores| {
        if step == 0 {
            let class = labels.get(courses.len()).copied().unwrap_or_default();
            courses.push(Course { class, entropies: Vec::new(), answers: Vec::new() });
        }
        let answer = (0..scores.len()).fold(0, |best, n| if scores[n] > scores[best] { n } else { best });
        if let Some(course) = courses.last_mut() {
            course.entropies.push(entropy(scores));
            course.answers.push(answer);
        }
    })?;
    // The innermost loop's steps count.
    let steps: Vec<usize> = asked.steps.iter().map(|steps| steps.last().copied().unwrap_or_default()).collect();
    let mut findings = Findings::default();
    let named = classes.iter().enumerate().map(|(n, name)| (Some(n), name.as_str()));
    for (class, name) in [(None, "all")].into_iter().chain(named) {
        for (outcome, right) in [("all", None), ("correct", Some(true)), ("wrong", Some(false))] {
            let is_meant = |course: &&Course| {
                let is_right = course.is_right(course.at(bound).unwrap_or(course.last()));
                class.is_none_or(|class| class == course.class) && right.is_none_or(|right| right == is_right)
            };
            let meant: Vec<&Course> = courses.iter().filter(is_meant).collect();
            let head = [Cell::Text(name.to_owned()), Cell::Text(outcome.to_owned()), Cell::Number(bound)];
            let numbers = numbers(&meant, bound, &steps);
            if class.is_none() && right.is_none() {
                let quantities =
                    ["never below the bound", "step of the answer", "", "accuracy", "accuracy at the last step"];
                let measure = |(quantity, x): (&'static str, f64)| {
                    let is_meant = !quantity.is_empty() && !x.is_nan();
                    is_meant.then(|| {
                        Measure::new(bench.net().output.name.as_str(), format!("bound {bound} nats"), quantity, x)
                    })
                };
                findings.measures.extend(quantities.into_iter().zip(numbers).filter_map(measure));
            }
            let number = |x: f64| if x.is_nan() { Cell::Absent } else { Cell::Number(x) };
            findings.rows.push(head.into_iter().chain([Cell::Count(meant.len())]).chain(numbers.map(number)).collect());
        }
    }
    findings.notes.push(note(&courses, bound, &steps));
    findings.tables.push(("steps", Table { columns: STEPS, rows: by_step(&courses, bound, &steps) }));
    let class = |n: usize| Cell::Text(classes.get(n).cloned().unwrap_or_default());
    let row = |(n, course): (usize, &Course)| {
        let at = course.at(bound);
        let step = at.unwrap_or(course.last());
        let entropy = Cell::Number(course.entropies[step]);
        vec![
            Cell::Count(n),
            class(course.class),
            at.map_or(Cell::Absent, |at| Cell::Count(steps[at])),
            class(course.answers[step]),
            entropy,
        ]
    };
    let rows = courses.iter().enumerate().map(row).collect();
    findings.tables.push(("images", Table { columns: IMAGES, rows }));
    findings.figures.push(figure(bench, &courses, bound, &steps));
    Ok(findings)
}

fn share(of: &[&Course], is: impl Fn(&Course) -> bool) -> f64 {
    of.iter().filter(|course| is(course)).count() as f64 / of.len() as f64
}

/// The numbers of the columns from `never` on; not a number where there is none.
fn numbers(of: &[&Course], bound: f64, steps: &[usize]) -> [f64; 5] {
    let at: Vec<f64> = of.iter().filter_map(|course| course.at(bound)).map(|at| steps[at] as f64).collect();
    let [mean, sd] = if at.is_empty() { [f64::NAN; 2] } else { mean_and_sd(&at) };
    [
        share(of, |course| course.at(bound).is_none()),
        mean,
        sd,
        share(of, |course| course.is_right(course.at(bound).unwrap_or(course.last()))),
        share(of, |course| course.is_right(course.last())),
    ]
}

fn by_step(courses: &[Course], bound: f64, steps: &[usize]) -> Rows {
    let all: Vec<&Course> = courses.iter().collect();
    let row = |(n, step): (usize, &usize)| {
        let entropies: Vec<f64> = courses.iter().map(|course| course.entropies[n]).collect();
        let [mean, sd] = mean_and_sd(&entropies);
        let [right, answered] =
            [share(&all, |course| course.is_right(n)), share(&all, |course| course.at(bound) == Some(n))];
        [Cell::Count(*step)].into_iter().chain([mean, sd, right, answered].map(Cell::Number)).collect()
    };
    steps.iter().enumerate().map(row).collect()
}

fn note(courses: &[Course], bound: f64, steps: &[usize]) -> String {
    let all: Vec<&Course> = courses.iter().collect();
    let at: Vec<f64> = courses.iter().filter_map(|course| course.at(bound)).map(|at| steps[at] as f64).collect();
    let never = 100.0 * share(&all, |course| course.at(bound).is_none());
    let right = 100.0 * share(&all, |course| course.is_right(course.at(bound).unwrap_or(course.last())));
    let mean = match at.is_empty() {
        true => "no answer is given before the last step".to_owned(),
        false => format!("answers come at step {:.2} on the mean", mean_and_sd(&at)[0]),
    };
    format!(
        "below an entropy of {bound} nats {mean}; {never:.1} % of images never fall below it; {right:.1} % of answers are right"
    )
}

fn figure(bench: &Bench, courses: &[Course], bound: f64, steps: &[usize]) -> Figure {
    let names: Vec<String> = steps.iter().map(usize::to_string).chain(["never".to_owned()]).collect();
    let of = |right: bool| {
        let count = |place: usize| {
            let is_meant = |course: &&Course| {
                course.at(bound).unwrap_or(steps.len()) == place
                    && course.is_right(course.at(bound).unwrap_or(course.last())) == right
            };
            courses.iter().filter(is_meant).count() as f64 / courses.len() as f64
        };
        MarkKind::Bars { heights: (0..=steps.len()).map(count).collect(), errors: Vec::new() }
    };
    let bars = vec![Mark::new("right", of(true)), Mark::new("wrong", of(false))];
    let all: Vec<&Course> = courses.iter().collect();
    let points: Vec<[f64; 2]> =
        steps.iter().enumerate().map(|(n, step)| [*step as f64, share(&all, |course| course.is_right(n))]).collect();
    let at_answer = share(&all, |course| course.is_right(course.at(bound).unwrap_or(course.last())));
    let curve = vec![
        Mark::new("all images at this step", MarkKind::Line { points: points.clone(), dashed: false }),
        Mark::new("all images at this step", MarkKind::Points { points, errors: Vec::new() }),
        Mark::new("each at its own answer", MarkKind::Across { at: at_answer, vertical: false }),
    ];
    let panels = vec![
        Panel {
            title: "When answers come".to_owned(),
            x: Axis::named("step of the answer", names),
            y: Axis::linear("share of all images (0 to 1)").never_below_zero(),
            marks: bars,
        },
        Panel {
            title: "Accuracy".to_owned(),
            x: Axis::linear("step"),
            y: Axis::linear("share of right answers (0 to 1)").never_below_zero(),
            marks: curve,
        },
    ];
    Figure {
        name: String::new(),
        caption: format!(
            "Left: the first step at which the entropy of the probabilities is below {bound} nats, for answers that are right and wrong \
             then; images that never fall below it answer at the last step. Right: the share of right answers at each step, and where \
             each image answers at its own. {}; {}.",
            bench.about_run(),
            bench.about_images()
        ),
        seen_before: "Spoerer et al. (2020) saw such times of recurrent nets rise where people take longer to see what an image shows."
            .to_owned(),
        drawing: Drawing::Plot(Plot { title: "Reaction times".to_owned(), columns: 2, panels }),
    }
}
