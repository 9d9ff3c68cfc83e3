//! Every primitive is known wherever a primitive must be: where the compiler does not ask for it, this asks.
//!
//! Most places that a new primitive belongs to are matches without a wildcard, which do not compile until they have it. The
//! others are lists: examples, tests, generators, pages. Here each list is asked for every primitive, and a test names every
//! list that has forgotten one.

use crate::agreement::{models, networks, pieces};
use crate::back::{compiled, gradients, penalties};
use crate::fused::finite;
use crate::ways::{spec, ways};
use lcnnc::fuse::cut::Cut;
use lcnnc::fuse::lower::Processor;
use lcnnc::fuse::plan;
use lcnnc_kernels::graph::Map;
use lcnnc_lang::back::dot::{self, Loops};
use lcnnc_lang::ir::{Binary, Net, Op, Padding, Pool, Reduce, Unary, Upsampling};
use lcnnc_testing::compile_as;
use lcnnc_testing::random::{passage, penalties as drawn_penalties, written};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use std::panic::catch_unwind;

/// Makes a list of all variants of an enum. The match behind it has no wildcard: a variant that is not listed does not
/// compile.
macro_rules! all {
    ($list:ident: $enum:ident { $($variant:ident),* $(,)? }) => {
        pub const $list: &[$enum] = &{
            const fn _listed(value: $enum) {
                match value {
                    $($enum::$variant => (),)*
                }
            }
            [$($enum::$variant),*]
        };
    };
}

/// The same for an enum whose variants hold something, of which the names are listed.
macro_rules! names {
    ($list:ident: $enum:ident { $($variant:ident),* $(,)? }) => {
        const $list: &[&str] = &{
            #[allow(clippy::unneeded_struct_pattern, reason = "not every variant holds something")]
            const fn _listed(value: &$enum) {
                match value {
                    $($enum::$variant { .. } => (),)*
                }
            }
            [$(stringify!($variant)),*]
        };
    };
}

names!(OPS: Op {
    Param, Number, Zeros, Conv, ConvTranspose, Local, Dense, Pool, Upsample, BatchNorm, GroupNorm, Lrn, Dropout, Unary,
    Binary, Reduce, Flatten, Concat,
});
all!(UNARIES: Unary { Negate, Abs, Exp, Log, Sqrt, Square, Relu, Tanh, Sigmoid, Softplus, Gelu });
all!(BINARIES: Binary { Add, Sub, Mul, Div });
all!(REDUCTIONS: Reduce { Sum, Mean, Min, Max });
all!(POOLS: Pool { Max, Average });
all!(UPSAMPLINGS: Upsampling { Nearest, Bilinear });
all!(PADDINGS: Padding { Same, Valid });
names!(MAPS: Map {
    Negate, Abs, Exp, Log, Sqrt, Square, Relu, Tanh, Sigmoid, Softplus, Gelu, Reciprocal, Bf16, AddNumber, MulNumber,
    AddChannel, MulChannel, DivChannel, Add, Sub, Mul, Div, ReluBackward, TanhBackward, SigmoidBackward, SoftplusBackward,
    GeluBackward, AbsBackward, Normalise, NormaliseBackward,
});

/// Words for all functions: of one number, of two, and of all entries.
fn functions() -> Vec<String> {
    let words = UNARIES.iter().map(|f| f.word()).chain(BINARIES.iter().map(|f| f.word()));
    words.chain(REDUCTIONS.iter().map(|f| f.word())).map(str::to_owned).collect()
}

/// Words for all primitives and their choices: `conv`, `padding same`, `upsample nearest`, `tanh`.
fn primitives() -> Vec<String> {
    let chosen = ["Pool", "Upsample", "Unary", "Binary", "Reduce"];
    let plain = OPS.iter().filter(|name| !chosen.contains(name)).map(|name| snake(name));
    let pools = POOLS.iter().map(|kind| kind.word().to_owned());
    let modes = UPSAMPLINGS.iter().map(|mode| format!("upsample {}", mode.word()));
    let paddings = PADDINGS.iter().map(|padding| format!("padding {}", padding.word()));
    plain.chain(functions()).chain(pools).chain(modes).chain(paddings).collect()
}

/// The name of a variant as a word of the net: `batch_norm` for `BatchNorm`.
fn snake(name: &str) -> String {
    let letter = |c: char| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() };
    name.chars().map(letter).collect::<String>().trim_start_matches('_').to_owned()
}

/// The words for one primitive and its choice.
fn words(op: &Op) -> Vec<String> {
    let padding = match op {
        Op::Conv { padding, .. }
        | Op::ConvTranspose { padding, .. }
        | Op::Local { padding, .. }
        | Op::Pool { padding, .. } => Some(format!("padding {}", padding.word())),
        Op::Upsample { mode, .. } => return vec![format!("upsample {}", mode.word())],
        Op::Param(_)
        | Op::Number(_)
        | Op::Zeros
        | Op::Dense { .. }
        | Op::BatchNorm { .. }
        | Op::GroupNorm { .. }
        | Op::Lrn { .. }
        | Op::Dropout { .. }
        | Op::Unary { .. }
        | Op::Binary { .. }
        | Op::Reduce { .. }
        | Op::Flatten { .. }
        | Op::Concat { .. } => None,
    };
    std::iter::once(op.word().to_owned()).chain(padding).collect()
}

/// The words of all primitives that are in some nets.
fn of(nets: impl IntoIterator<Item = Net>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for net in nets {
        found.extend(net.nodes().flat_map(|node| words(&node.op)));
    }
    found
}

/// The primitives of nets that a text about the net has, all words of each on one line.
fn shown(nets: &[Net], text: impl Fn(&Net) -> String) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for net in nets {
        let text = text(net);
        let is_shown = |word: &String| text.lines().any(|line| word.split(' ').all(|part| has_word(line, part)));
        found.extend(net.nodes().flat_map(|node| words(&node.op)).filter(is_shown));
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

/// A list in which every primitive should stand.
struct Registry {
    /// What is wrong with a primitive that is not in it.
    forgotten: &'static str,
    asked: Vec<String>,
    known: BTreeSet<String>,
    /// Primitives that need not be there, and why.
    but: &'static [(&'static [&'static str], &'static str)],
}

/// Primitives that no image goes through by itself.
const ON_WEIGHTS: &[&str] = &["param", "number", "sum", "mean", "min", "max"];

impl Registry {
    /// What it has forgotten, and what is excused for nothing; a line each.
    fn complaints(&self) -> Vec<String> {
        let excused: Vec<&str> = self.but.iter().flat_map(|(words, _)| words.iter().copied()).collect();
        let is_excused = |word: &String| excused.contains(&word.as_str());
        let missing = self.asked.iter().filter(|word| !self.known.contains(*word) && !is_excused(word));
        let missing = missing.map(|word| format!("`{word}` {}", self.forgotten));
        let idle = excused.iter().filter(|word| self.known.contains(**word));
        let idle =
            idle.map(|word| format!("`{word}` is there and need not be excused, where others: {}", self.forgotten));
        let unknown = excused.iter().filter(|word| !self.asked.iter().any(|asked| asked == *word));
        let unknown = unknown.map(|word| format!("`{word}` is excused, and nothing has that name"));
        missing.chain(idle).chain(unknown).collect()
    }
}

/// Nets that have, between them, every primitive that can be written.
fn written_nets() -> Vec<Net> {
    ways().iter().map(|way| compiled(&spec(way))).collect()
}

/// The words of all primitives that a kind or function of docs/reference.md becomes.
fn told() -> BTreeSet<String> {
    let reference = std::fs::read_to_string("docs/reference.md").unwrap();
    let is_told = |told: &Option<String>| told.as_ref().is_none_or(|told| reference.contains(told.as_str()));
    of(ways().iter().filter(|way| is_told(&way.told)).map(|way| compiled(&spec(way))))
}

/// The words of all primitives in those random specs that compile.
fn drawn() -> BTreeSet<String> {
    let mut runner = TestRunner::deterministic();
    let specs = (proptest::collection::vec(passage(), 1..5), drawn_penalties());
    let mut draw = || specs.new_tree(&mut runner).unwrap().current();
    of((0..1_500).filter_map(|_| {
        let (parts, penalties) = draw();
        compile_as("any.lcnn", &written(&parts, &penalties), &[]).net
    }))
}

/// What a plan says, or nothing of it if what it calls fused cannot be written out.
fn planned(net: &Net) -> String {
    catch_unwind(|| plan::emit(net, &Cut::of(net, Processor::Cpu))).unwrap_or_default()
}

/// What a page of the manual has in backticks.
fn page(name: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(name).unwrap();
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn registries() -> Vec<Registry> {
    let nets = written_nets();
    let penalties = penalties::every().map(|penalty| compiled(&penalties::spec(&penalty)));
    vec![
        Registry {
            forgotten: "is made by no kind, function or sign that docs/reference.md tells of",
            asked: primitives(),
            known: told(),
            but: &[],
        },
        Registry {
            forgotten: "is not in the text of a net that has it, which lang/src/ir/display.rs writes",
            asked: primitives(),
            known: shown(&nets, Net::to_string),
            but: &[],
        },
        Registry {
            forgotten: "is not in the drawing of a net that has it, which lang/src/back/dot.rs makes",
            asked: primitives(),
            known: shown(&nets, |net| dot::emit(net, Loops::Folded)),
            but: &[(ON_WEIGHTS, "weights are not drawn"), (&["padding same", "padding valid"], "drawings are short")],
        },
        Registry {
            forgotten: "is not in the plan of a net that has it, neither fused nor with the reason why not; \
                        src/fuse/lower.rs decides, and src/fuse/graph.rs must be able to",
            asked: primitives(),
            known: shown(&nets, planned),
            but: &[
                (ON_WEIGHTS, "plans are of images"),
                (&["padding same", "padding valid", "upsample nearest", "upsample bilinear"], "plans are short"),
            ],
        },
        Registry {
            forgotten: "is not among the gradients that tests/nets/back/gradients.rs holds against differences",
            asked: primitives(),
            known: of(gradients::nets()),
            but: &[],
        },
        Registry {
            forgotten: "is not among what agrees with PyTorch: the pieces, networks and models of tests/nets/agreement/",
            asked: primitives(),
            known: of(pieces::nets().into_iter().chain(networks::nets()).chain(models::nets())),
            but: &[(&["exp", "log", "sqrt", "min", "max"], "no choice is in their definition, and differences hold")],
        },
        Registry {
            forgotten: "is not among the penalties whose gradients tests/nets/back/penalties.rs holds against differences",
            asked: functions(),
            known: of(penalties),
            but: &[],
        },
        Registry {
            forgotten: "is in none of the random specs that tests/support/src/random.rs makes",
            asked: primitives(),
            known: drawn(),
            but: &[],
        },
        Registry {
            forgotten: "is not on the page docs/speed.md, which says of every function whether it runs fused",
            asked: UNARIES.iter().map(|f| f.word().to_owned()).collect(),
            known: page("docs/speed.md"),
            but: &[(&["negate"], "a sign, told of as differences")],
        },
        Registry {
            forgotten: "of the kernels does not meet what is no number in tests/nets/fused/finite.rs",
            asked: MAPS.iter().filter(|name| !name.ends_with("Backward")).map(|name| (*name).to_owned()).collect(),
            known: finite::functions().map(|map| format!("{map:?}").split('(').take(1).collect()).collect(),
            but: &[
                (
                    &["AddChannel", "MulChannel", "DivChannel"],
                    "they calculate as those with one number for all channels do",
                ),
                (&["Normalise"], "kernels/tests/kernels/batch_norm.rs has it: a whole channel is no number then"),
            ],
        },
    ]
}

#[test]
fn every_primitive_is_where_primitives_must_be() {
    let all = primitives();
    let unknown: Vec<String> = of(written_nets()).into_iter().filter(|word| !all.contains(word)).collect();
    assert!(unknown.is_empty(), "{unknown:?} are words of primitives that `primitives` does not give");
    let complaints: Vec<String> = registries().iter().flat_map(Registry::complaints).collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Words tell primitives apart: two with one word would be one in every text.
#[test]
fn every_primitive_has_a_word_of_its_own() {
    let all = primitives();
    for (n, word) in all.iter().enumerate() {
        assert!(!all[..n].contains(word), "two primitives are called `{word}`");
    }
}
