//! The arguments that max and average pooling share: windows, and how far apart they stand.

use super::{Site, kernel};
use crate::ir::{Fault, Pool, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

pub(super) const ARGS: &[Arg] = &[
    Arg::required("kernel", Type::Count { min: 1, max: 1_023 }, "side of the square window, in pixels"),
    Arg::like(
        "stride",
        Type::Count { min: 1, max: 1_023 },
        "kernel",
        "step of the window, in pixels; as wide as the window unless given, so that windows do not overlap",
    ),
    Arg::with(
        "padding",
        kernel::SAME_OR_VALID,
        ArgValue::Word("valid"),
        "`same`: windows reach half their side over the border, and count only pixels of the map; `valid`: none does",
    ),
];

pub(super) fn windows(site: &mut Site<'_>, kind: Pool, args: &Bound, x: Value) -> Result<Value, Fault> {
    let side = args.count("kernel");
    site.net.pool(kind, x, [side, side], args.count("stride"), kernel::padding(args))
}
