//! Excitatory and inhibitory arms, and the penalties that push them apart.

use crate::diag::{Code, Diagnostic, Span};
use crate::ir::{Role, Sign};

/// The codes of roles.
pub const CODES: &[&Code] = &[&BOTH, &MISSING_ROLE, &SWAPPED, &NO_ROLE, &OPPOSED, &TURNED, &PRESSED, &TAKEN_TWICE];

const BOTH: Code =
    Code::error("L0401", "A bundle is excitatory or inhibitory; shared by both arms, the two could not separate.");
pub const MISSING_ROLE: Code =
    Code::error("L0402", "A branch sets excitation against inhibition, so it needs an arm of each.");
const SWAPPED: Code = Code::warning(
    "L0403",
    "swapped",
    "A separation penalty `f(e, i)` takes the excitatory bundle first: unless it is symmetric, it pushes the first up and \
     the second down.",
)
.mended(
    "The fix writes each of two bundles in the other's place, where the factor of the penalty is known to be above 0. It is unsafe: the spec compiles as it stands, and what is \
     penalised would be another thing.",
);
const NO_ROLE: Code = Code::warning("L0404", "no_role", "A separation penalty acts on the weights of a branch's arms.");
const OPPOSED: Code = Code::warning(
    "L0405",
    "opposed",
    "Excitation adds and inhibition takes away; weights whose sign does the opposite turn the arm's role around.",
);

const TURNED: Code = Code::warning(
    "L0406",
    "turned",
    "Training makes a penalty small. A separation penalty is small where excitatory and inhibitory weights are apart; times a \
     negative number it is small where they are not.",
);
const PRESSED: Code = Code::warning(
    "L0407",
    "pressed",
    "A hard sign puts weights back to zero as often as a penalty pushes them across it: the two work against each other, and \
     the weights end as zeros.",
);

const TAKEN_TWICE: Code = Code::warning(
    "L0408",
    "taken_twice",
    "A `difference` takes its inhibitory arms away, so their weights are to be positive. Penalties such as `exp_sat` and \
     `sat_exp` push inhibitory weights below zero: taken away, those excite.",
);

/// A bundle that both an excitatory and an inhibitory arm apply.
pub fn both(bundle: &str, first: (Role, Span), second: (Role, Span)) -> Diagnostic {
    Diagnostic::new(&BOTH, format!("`{bundle}` is both {} and {}", first.0, second.0))
        .label(second.1, format!("{} here", second.0))
        .label(first.1, format!("{} here", first.0))
        .help("declare a bundle of its own for each arm")
}

/// A branch without an arm of one of the roles.
pub fn missing_role(branch: &str, missing: Role, span: Span) -> Diagnostic {
    Diagnostic::new(&MISSING_ROLE, format!("branch `{branch}` has no {missing} arm"))
        .label(span, format!("no `{}` arm", missing.word()))
        .help(format!("add `{} name = …`, or write the branch as an ordinary equation", missing.word()))
}

/// Bundles, or arms, that stand in each other's place in a separation penalty, each with the role it has; a single one
/// is in the other's place alone. `what` is the word for them: `weights` or `arm`. `turns` says whether the sign of the call's factor turns the penalty round, if that is known.
pub fn swapped(penalty: &str, bundles: &[(&str, Role, Span)], what: &str, turns: Option<bool>) -> Diagnostic {
    let found: Vec<String> = bundles.iter().map(|(name, is, _)| format!("`{name}` is {is}")).collect();
    let place = match bundles {
        [(_, Role::Excitatory, _)] => "the inhibitory bundle second",
        _ => "the excitatory bundle first",
    };
    let message = format!("`{penalty}` takes {place}, but {}", found.join(" and "));
    let help = match bundles {
        [(_, is, _)] => {
            let wanted = if *is == Role::Excitatory { Role::Inhibitory } else { Role::Excitatory };
            match what {
                "arm" => format!("name an `{}` arm here", wanted.word()),
                _ => format!("name a bundle that drives an `{}` arm here", wanted.word()),
            }
        }
        _ => {
            let names: Vec<&str> = bundles.iter().rev().map(|(name, _, _)| *name).collect();
            let call = format!("{penalty}({})", names.join(", "));
            match turns {
                Some(false) => format!("swap the two: `{call}`"),
                Some(true) => {
                    format!("the minus in its factor turns it round as well: write `{call}` times a number above 0")
                }
                None => format!("where its factor is above 0, swap the two: `{call}`"),
            }
        }
    };
    let mut diagnostic = Diagnostic::new(&SWAPPED, message).help(help);
    if let ([(first, _, at), (second, _, there)], Some(false)) = (bundles, turns) {
        diagnostic = diagnostic.edit(*at, *first, *second).edit(*there, *second, *first);
    }
    bundles.iter().fold(diagnostic, |diagnostic, (_, is, span)| diagnostic.label(*span, format!("{is} {what}")))
}

/// A name for the weights of the whole net where those of one role are to stand; `means` says which weights those are.
pub fn no_one_role(penalty: &str, (group, means): (&str, &str), wanted: Role, span: Span) -> Diagnostic {
    Diagnostic::new(&NO_ROLE, format!("`{penalty}` takes the {wanted} bundle here, but `{group}` is {means}"))
        .label(span, "weights of any role")
        .help(format!("name a bundle that drives an `{}` arm of a branch here", wanted.word()))
}

/// A bundle in a separation penalty that drives no arm of a branch.
pub fn no_role(penalty: &str, bundle: &str, wanted: Role, span: Span) -> Diagnostic {
    Diagnostic::new(
        &NO_ROLE,
        format!("`{penalty}` takes the {wanted} bundle here, but `{bundle}` drives no arm of a branch"),
    )
    .label(span, "neither excitatory nor inhibitory")
    .help(format!("use `{bundle}` in an `{}` arm of a branch", wanted.word()))
}

/// Weights of one sign in an arm, as a branch combines its arms.
#[derive(Debug)]
pub struct Opposed<'a> {
    /// The bundle or the layer.
    pub name: &'a str,
    pub sign: Sign,
    pub role: Role,
    /// The word for how the branch combines its arms: `sum` or `difference`.
    pub how: &'a str,
}

/// Weights whose sign is against the role of their arm: `used` is their place in the arm, `signed` where their sign is
/// written.
pub fn opposed(found: &Opposed<'_>, used: Span, signed: Span) -> Diagnostic {
    let Opposed { name, sign, role, how } = found;
    let other = match sign {
        Sign::Nonnegative => Sign::Nonpositive,
        Sign::Nonpositive => Sign::Nonnegative,
    };
    let help = match (role, *how) {
        (Role::Inhibitory, "sum") => format!("write `sign: {other}`, or combine the arms by `difference`"),
        (Role::Inhibitory, _) => format!("write `sign: {other}`: a `{how}` takes the inhibitory arm away by itself"),
        (Role::Excitatory, _) => format!("write `sign: {other}`"),
    };
    Diagnostic::new(&OPPOSED, format!("`{name}` is {sign}, but drives an {role} arm of a `{how}`"))
        .label(used, format!("{role} here"))
        .label(signed, format!("{sign} weights"))
        .help(help)
}

/// A penalty that does the opposite of a separation. `across` is true where it pushes the two apart, but with the
/// excitatory weights below the inhibitory ones.
pub fn turned(penalty: &str, [excitatory, inhibitory]: [&str; 2], across: bool, span: Span) -> Diagnostic {
    let message = match across {
        true => format!("this penalty pushes `{excitatory}` below `{inhibitory}`"),
        false => format!("this penalty pulls `{excitatory}` and `{inhibitory}` together"),
    };
    let help = format!(
        "training makes a penalty small: turn the sign of the factor of `{penalty}`, or give it 0 for a run without it"
    );
    Diagnostic::new(&TURNED, message).label(span, "turned round by the sign of its factor").help(help)
}

/// Weights that a separation penalty drives across zero.
#[derive(Debug)]
pub struct Pressed<'a> {
    pub penalty: &'a str,
    pub name: &'a str,
    /// The side of zero that the weights keep to.
    pub sign: Sign,
    /// Whether the arms are combined by `difference`, which takes inhibition away by itself.
    pub is_taken_away: bool,
}

/// Weights that a separation penalty pushes across the zero which they keep to one side of: `named` is their place in
/// the penalty, `signed` where their sign is written.
pub fn pressed(found: &Pressed<'_>, named: Span, signed: Span) -> Diagnostic {
    let Pressed { penalty, name, sign, is_taken_away } = found;
    let (way, side) = match sign {
        Sign::Nonnegative => ("down", "below"),
        Sign::Nonpositive => ("up", "above"),
    };
    Diagnostic::new(&PRESSED, format!("`{penalty}` pushes `{name}` {side} zero, where its sign keeps it from going"))
        .label(named, format!("pushed {way}"))
        .label(signed, format!("{sign} weights"))
        .help(if *is_taken_away {
            "leave the penalty out: hard signs tell the roles apart already".to_owned()
        } else {
            format!(
                "leave the sign of `{name}` out and let the penalty tell the roles apart, or leave the penalty out: hard \
                 signs tell them apart already"
            )
        })
}

/// Inhibitory weights that a separation penalty pushes below zero, though a `difference` takes their arm away: `named`
/// is their place in the penalty, `how` the word `difference`.
pub fn taken_twice(penalty: &str, name: &str, named: Span, how: Span) -> Diagnostic {
    Diagnostic::new(
        &TAKEN_TWICE,
        format!("`{penalty}` pushes `{name}` below zero, and `difference` takes its arm away: it excites"),
    )
    .label(named, "pushed down")
    .label(how, "taken away")
    .help("combine the arms by `sum`, or leave the penalty out and give both bundles `sign: nonnegative`")
}

impl Diagnostic {
    /// Whether it says that the sign which is written there is against the role of its weights.
    pub fn is_opposed_at(&self, signed: Span) -> bool {
        *self.code == OPPOSED && self.labels.iter().any(|label| label.span == signed)
    }
}
