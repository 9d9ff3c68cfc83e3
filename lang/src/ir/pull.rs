//! Pulls: whether a penalty pushes excitatory and inhibitory weights apart or pulls them together.
//!
//! Training drives the weights to where a penalty is small. So the penalty is compared at a few places where every
//! weight of a kernel is the same number, with whatever else it depends on at its best.

use super::{Net, ParamId, Role, Value, bounds};

/// The way in which a penalty moves two kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    /// The penalty moves excitatory weights up and inhibitory ones down, or the two apart either way.
    Apart,
    /// The penalty is the same wherever the two are, as with a factor of 0.
    Nowhere,
    /// The penalty moves the two towards each other.
    Together,
    /// The penalty moves excitatory weights down and inhibitory ones up, and in no other way apart.
    Across,
    /// The way cannot be told from the penalty alone.
    Unclear,
}

/// The distance from zero of the weights at the places that are compared, near enough that saturating functions still
/// tell them apart.
const REACH: f64 = 0.1;

/// What a penalty does to a pair of kernels, of which the excitatory one comes first.
pub fn of(net: &Net, penalty: Value, pair: [ParamId; 2]) -> Pull {
    let at = |e: f64, i: f64| height(net, penalty, pair, [e, i]);
    let places = (at(REACH, -REACH), at(-REACH, REACH), at(REACH, REACH), at(-REACH, -REACH));
    let (Some(apart), Some(across), Some(high), Some(low)) = places else { return Pull::Unclear };
    let together = high.min(low);
    if apart < together {
        Pull::Apart
    } else if across < together {
        Pull::Across
    } else if apart > together {
        Pull::Together
    } else {
        Pull::Nowhere
    }
}

/// Whether a penalty that pushes excitatory weights up and inhibitory ones down presses the weights of that role on,
/// once they are at zero. One that asks for a distance alone, whichever is larger, presses nothing.
pub fn crosses_zero(net: &Net, penalty: Value, pair: [ParamId; 2], role: Role) -> bool {
    let at_zero = match role {
        Role::Excitatory => [0.0, -REACH],
        Role::Inhibitory => [REACH, 0.0],
    };
    let Some(apart) = height(net, penalty, pair, [REACH, -REACH]) else { return false };
    [at_zero, [-REACH, REACH]].iter().all(|place| height(net, penalty, pair, *place).is_some_and(|it| apart < it))
}

fn height(net: &Net, penalty: Value, pair: [ParamId; 2], weights: [f64; 2]) -> Option<f64> {
    let given = |id: ParamId| pair.iter().zip(weights).find_map(|(known, weight)| (*known == id).then_some(weight));
    bounds::below_where(net, penalty, &given)
}
