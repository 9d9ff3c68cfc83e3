//! What max and average pooling share: windows, and how far apart they stand.

use super::Site;
use crate::ir::{Fault, Pool, Value};
use crate::schema::{Arg, Bound, Type, Value as Given};

pub(super) const ARGS: &[Arg] = &[
    Arg::required("kernel", Type::Count { min: 1, max: 1_023 }, "side of the square window, in pixels"),
    Arg::with(
        "stride",
        Type::Count { min: 0, max: 1_023 },
        Given::Count(0),
        "step of the window, in pixels; 0: as wide as the window, so that windows do not overlap",
    ),
];

pub(super) fn windows(site: &mut Site<'_>, kind: Pool, args: &Bound, x: Value) -> Result<Value, Fault> {
    let kernel = args.count("kernel");
    let stride = match args.count("stride") {
        0 => kernel,
        stride => stride,
    };
    site.net.pool(kind, x, [kernel, kernel], stride)
}
