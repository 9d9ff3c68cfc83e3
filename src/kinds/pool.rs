//! What max and average pooling share: windows, and how far apart they stand.

use super::Site;
use crate::ir::{Fault, Pool, Value};
use crate::schema::{Arg, Bound, Type};

pub(super) const ARGS: &[Arg] = &[
    Arg::required("kernel", Type::Count { min: 1, max: 1_023 }, "side of the square window, in pixels"),
    Arg::like(
        "stride",
        Type::Count { min: 1, max: 1_023 },
        "kernel",
        "step of the window, in pixels; as wide as the window unless given, so that windows do not overlap",
    ),
];

pub(super) fn windows(site: &mut Site<'_>, kind: Pool, args: &Bound, x: Value) -> Result<Value, Fault> {
    let kernel = args.count("kernel");
    site.net.pool(kind, x, [kernel, kernel], args.count("stride"))
}
