//! Loops: cycles, states and steps.

use crate::diag::{Code, Diagnostic, Span, counted};
use crate::ir::Shape;
use crate::ir::timing::TooShort;

/// The codes of loops.
pub const CODES: &[&Code] =
    &[&CYCLE, &NEVER_UPDATED, &NEXT_SHAPE, &PRIMED, &AT, &STEPLESS, &LATE, &PER_STEP, &CONST_CYCLE, &IDLE_LOOP];

const CYCLE: Code = Code::error("L0301", "A value that depends on itself has no beginning; a state gives it one.");
const NEVER_UPDATED: Code =
    Code::error("L0302", "A state without a next value stays what it was, and the loop does nothing.");
const NEXT_SHAPE: Code =
    Code::error("L0303", "What a state becomes takes its place at the next step, so it needs its shape.");
const PRIMED: Code = Code::error(
    "L0304",
    "Inside a loop `O'` is the value of state `O` at this step and `O` that of the step before; elsewhere there are no steps.",
);

const AT: Code = Code::error(
    "L0305",
    "`O@2` is state `O` after step 2 of its loop and `O@all` that of every step, both seen from behind the loop.",
);
const STEPLESS: Code = Code::error(
    "L0306",
    "A value of every step is a row of values: where one is needed, choose a step or combine them.",
);
const LATE: Code = Code::warning(
    "L0307",
    "late",
    "What the image has not reached answers every image alike, and learns nothing from it.",
);
const PER_STEP: Code =
    Code::error("L0308", "Parameters of their own for each step need a loop around the layer, and its steps.");

const CONST_CYCLE: Code = Code::error(
    "L0309",
    "Consts may stand in any order, but a const that is calculated from itself, by whatever way, has no value.",
);

const IDLE_LOOP: Code = Code::warning(
    "L0310",
    "idle_loop",
    "A loop is there for what its states become from step to step. Where nothing in it reads a state, or a state becomes what it \
     was, more steps change nothing.",
);

/// A loop in which nothing reads what a state was at the step before.
pub fn same_steps(name: &str, state: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&IDLE_LOOP, format!("nothing in loop `{name}` reads a state: every step computes the same"))
        .label(span, "all of its steps are alike")
        .help(format!("let `{state}' = …` read `{state}`, or write the equations without a loop"))
}

/// A state whose next value is the state itself.
pub fn stays(state: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&IDLE_LOOP, format!("state `{state}` becomes what it was"))
        .label(span, "the same at every step")
        .help(format!(
            "let `{state}' = …` calculate something of `{state}`, or read what `{state}` starts from in its place"
        ))
}

/// Equations that depend on each other in a cycle, in the order in which each reads the next; `primed` is the state, if
/// one of its next values is among them.
pub fn cycle(names: &[(String, Span)], primed: Option<&str>) -> Diagnostic {
    let names: Vec<(&str, Span)> = names.iter().map(|(name, span)| (name.as_str(), *span)).collect();
    let diagnostic = round(&CYCLE, "a cycle without a state", &names);
    match primed {
        Some(state) => diagnostic.help(format!("read `{state}`, the value of the step before, in place of `{state}'`")),
        None => {
            diagnostic.help("put the equations into a `loop` and let one of them be a state: `state O = …`, `O' = …`")
        }
    }
}

/// Consts each of which is calculated from the next, and the last from the first.
pub fn const_cycle(names: &[(&str, Span)]) -> Diagnostic {
    let problem = match names {
        [(name, span)] => Diagnostic::new(&CONST_CYCLE, format!("the const `{name}` is calculated from itself"))
            .label(*span, format!("`{name}` reads `{name}`")),
        _ => round(&CONST_CYCLE, "consts that are calculated from each other", names),
    };
    problem.help("give one of them a value of its own: a number, `true`, `false` or a word")
}

/// A problem of names each of which reads the next, and the last the first; the first few are shown.
fn round(code: &'static Code, message: &str, names: &[(&str, Span)]) -> Diagnostic {
    const SHOWN: usize = 6;
    let mut round: Vec<&str> = names.iter().chain(names.first()).map(|(name, _)| *name).collect();
    if round.len() > 2 * SHOWN {
        round.splice(SHOWN..round.len() - 1, ["…"]);
    }
    let problem = Diagnostic::new(code, format!("{message}: {}", round.join(" reads ")));
    let reads = names.iter().zip(names.iter().cycle().skip(1)).take(SHOWN);
    reads.fold(problem, |problem, ((name, span), (next, _))| problem.label(*span, format!("`{name}` reads `{next}`")))
}

/// A state that no equation of its loop updates.
pub fn never_updated(state: &str, declared: Span, within: &str) -> Diagnostic {
    Diagnostic::new(&NEVER_UPDATED, format!("state `{state}` is never updated"))
        .label(declared, "starts here and never changes")
        .help(format!("add `{state}' = …` to loop `{within}`"))
}

/// A next value that does not have the shape of its state.
pub fn next_shape(state: &str, shape: &Shape, next: &Shape, at: Span, declared: Span) -> Diagnostic {
    Diagnostic::new(&NEXT_SHAPE, format!("state `{state}` is {shape}, but its next value is {next}"))
        .label(at, format!("this is {next}"))
        .label(declared, format!("`{state}` starts as {shape}"))
        .help(format!("bring the next value to {shape}"))
}

/// A state that starts from what its own loop makes.
pub fn starts_inside(name: &str, span: Span, defined: Span, within: &str) -> Diagnostic {
    Diagnostic::new(&CYCLE, format!("a state of loop `{within}` starts from `{name}`, which the loop makes"))
        .label(span, "read before the first step")
        .label(defined, "made at every step")
        .help(format!(
            "what a state starts from is made before the loop: move `{name} = …` out of it, in front of `{within}`"
        ))
}

/// The answer to a state that starts from another state of its own loop: `init` is what the other one begins from, as
/// it is written.
pub fn starts_from_state(problem: Diagnostic, state: &str, init: &str) -> Diagnostic {
    problem.help(format!("let it begin from what the other state begins from: `state {state} = {init}`"))
}

/// A primed name outside all loops, where there is no step to be at.
pub fn primed_outside(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&PRIMED, format!("`{name}'` stands outside of a loop"))
        .label(span, "no step to be at")
        .help(format!("write `{name}` for the value after the last step"))
}

/// An equation `O = …` in a loop that has a state `O`.
pub fn unprimed(state: &str, declared: Span, span: Span) -> Diagnostic {
    Diagnostic::new(&PRIMED, format!("state `{state}` is given again without a prime"))
        .label(span, "without a prime")
        .label(declared, "the state")
        .help(format!("write `{state}' = …` for its value at the next step"))
}

/// A primed name that is not a state of the loop.
pub fn primed_stateless(name: &str, span: Span, within: &str) -> Diagnostic {
    Diagnostic::new(&PRIMED, format!("`{name}` is not a state of loop `{within}`"))
        .label(span, "only a state has a next value")
        .help(format!("add `state {name} = …` to the loop, or write `{name}` without the prime"))
}

/// A name that several loops define.
pub fn several(name: &str, span: Span, places: &[Span]) -> Diagnostic {
    let problem = Diagnostic::new(&AT, format!("several loops define `{name}`"))
        .label(span, "which one is meant?")
        .help("give each a name of its own");
    places.iter().take(3).fold(problem, |problem, place| problem.label(*place, format!("one `{name}`")))
}

/// A step of `O` that is asked for, as in `O@2`, inside the loop of `O`.
pub fn at_inside(name: &str, span: Span, within: &str) -> Diagnostic {
    Diagnostic::new(&AT, format!("`{name}@…` stands inside loop `{within}`"))
        .label(span, "a step is still running here")
        .help(format!("write `{name}` for the step before and `{name}'` for this one, or move it behind the loop"))
}

/// A step, as in `x@2`, of something that has no steps.
pub fn no_steps(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&AT, format!("`{name}` has no steps"))
        .label(span, "not of a loop")
        .help(format!("write `{name}`, or move its equation into the loop"))
}

/// A step that is asked for by a name which nothing has, as in `O@name`.
pub fn no_step_called(word: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&AT, format!("no step is called `{word}`"))
        .label(span, "no step")
        .help("write the number of a step, as in `O@2`, or `O@all`")
}

/// A step that the loop does not have; its steps are `first` to `last`.
pub fn no_such_step(name: &str, found: &str, first: usize, last: usize, span: Span) -> Diagnostic {
    Diagnostic::new(&AT, format!("`{name}` has no step {found}"))
        .label(span, format!("steps are {first} to {last}"))
        .help(format!("choose a step from {first} to {last}, or `{name}@all`"))
}

/// A value of every step where one value is needed.
pub fn one_step(span: Span) -> Diagnostic {
    Diagnostic::new(&STEPLESS, "this is a value for each step, where one value is needed")
        .label(span, "one for each step")
        .help("choose a step, as in `O@2`, or combine them: `step_mean(O@all)`, `concat(O@all)`")
}

/// An output that has a value for each step and does not say so.
pub fn output_of_steps(span: Span) -> Diagnostic {
    Diagnostic::new(&STEPLESS, "the output has a value for each step")
        .label(span, "one for each step")
        .help("write `output logits@all` for the mean loss over all steps, or choose one, as in `output logits@2`")
}

/// A combination of steps, of something that has none.
pub fn not_steps(function: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&STEPLESS, format!("`{function}` combines the values of every step"))
        .label(span, "one value")
        .help(format!("give it a state or an equation of a loop at all steps: `{function}(O@all)`"))
}

/// Values of two loops, or of loops of different length.
pub fn lengths(left: (usize, Span), right: (usize, Span)) -> Diagnostic {
    Diagnostic::new(
        &STEPLESS,
        format!("values of {} and of {} do not go together", counted(left.0, "step"), counted(right.0, "step")),
    )
    .label(left.1, counted(left.0, "step"))
    .label(right.1, counted(right.0, "step"))
    .help("take them from loops of as many steps, or choose a step of each")
}

/// A state that the image reaches at `step`, behind the last of its loop's `steps`, or never. `outer` is a loop around its
/// own, where that one has too few steps.
pub fn late(name: &str, step: Option<usize>, steps: usize, outer: Option<TooShort<'_>>, span: Span) -> Diagnostic {
    let (message, help) = match (outer, step) {
        (Some(TooShort { name: outer, needed, steps }), _) => (
            format!(
                "the image reaches `{name}` at step {needed} of loop `{outer}`, which has {}",
                counted(steps, "step")
            ),
            format!(
                "give loop `{outer}` at least {}, or read values of its present step, as in `V1'`",
                counted(needed, "step")
            ),
        ),
        (None, Some(step)) => (
            format!("the image reaches `{name}` at step {step}, but the loop has {}", counted(steps, "step")),
            format!("give the loop at least {}, or read the value of this step, as in `V1'`", counted(step, "step")),
        ),
        (None, None) => (
            format!("the image never reaches `{name}`"),
            "let it depend on the image by a way that is not multiplied with zeros".to_owned(),
        ),
    };
    Diagnostic::new(&LATE, message).label(span, "the same for every image").help(help)
}

/// An output that is the same for every image, up to the `last` of so many read-outs.
pub fn blank(name: &str, last: usize, readouts: usize, span: Span) -> Diagnostic {
    let (message, help) = if last == readouts {
        (format!("the image never reaches `{name}`"), "let the output depend on the image".to_owned())
    } else {
        let help =
            format!("judge a later step, as in `output {name}@{readouts}`, or read values of this step, as in `V1'`");
        (format!("the loss judges `{name}` at step {last}, before the image is there"), help)
    };
    Diagnostic::new(&LATE, message).label(span, "the same for every image").help(help)
}

/// A layer with parameters for each step that stands outside all loops.
pub fn per_step_outside(layer: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&PER_STEP, format!("`{layer}` stands outside of a loop"))
        .label(span, "no steps to have parameters for")
        .help("leave `per_step` out, or move the layer into a loop")
}

/// A bundle with parameters for each step in loops of different length.
pub fn per_step_differs(layer: &str, first: usize, here: usize, span: Span) -> Diagnostic {
    Diagnostic::new(
        &PER_STEP,
        format!("`{layer}` has parameters for {}, but this loop has {here}", counted(first, "step")),
    )
    .label(span, counted(here, "step"))
    .help("declare a bundle for each loop, or give the loops as many steps")
}
