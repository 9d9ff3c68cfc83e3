//! What a penalty does to excitatory and inhibitory weights: pushes them apart, or pulls them together.
//!
//! A penalty is smaller where training drives the weights to. So it is compared at a few places where every weight of a
//! kernel is the same number, with whatever else it depends on at its best.

use super::{Net, ParamId, Role, Value, bounds};

/// The way in which a penalty moves two kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pull {
    /// Excitatory weights up and inhibitory ones down, or the two apart either way.
    Apart,
    /// It does not matter to it where the two are, as with a factor of 0.
    Nowhere,
    /// Towards each other.
    Together,
    /// Excitatory weights down and inhibitory ones up, and in no other way apart.
    Across,
    /// That cannot be told from the penalty alone.
    Unclear,
}

/// How far from zero the places are that are compared: saturating functions still tell them apart.
const REACH: f64 = 0.1;

/// What a penalty does to a pair of kernels, the excitatory one first.
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

/// Does a penalty that pushes the two apart press the weights of that role on, once they are at zero?
pub fn crosses_zero(net: &Net, penalty: Value, pair: [ParamId; 2], role: Role) -> bool {
    let at_zero = match role {
        Role::Excitatory => [0.0, -REACH],
        Role::Inhibitory => [REACH, 0.0],
    };
    let beyond = height(net, penalty, pair, [REACH, -REACH]);
    beyond.zip(height(net, penalty, pair, at_zero)).is_some_and(|(beyond, at_zero)| beyond < at_zero)
}

fn height(net: &Net, penalty: Value, pair: [ParamId; 2], weights: [f64; 2]) -> Option<f64> {
    let given = |id: ParamId| pair.iter().zip(weights).find_map(|(known, weight)| (*known == id).then_some(weight));
    bounds::below_where(net, penalty, &given)
}
