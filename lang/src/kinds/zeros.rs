use super::{Inputs, Kind, Site};
use crate::ir::{Fault, Shape, Value};
use crate::vocabulary::{Arg, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "zeros",
    about: "Zeros for each image, such as the state that a loop begins with: a feature map, or a vector where neither \
            height nor width is given.",
    inputs: Inputs::None,
    args: &[
        Arg::required("channels", SIDE, "channels of the map, or entries of the vector"),
        Arg::optional("height", SIDE, HEIGHT),
        Arg::optional("width", SIDE, WIDTH),
    ],
    weights: &[],
    bundle: None,
    example: "y = image + zeros(3, height: 8, width: 8)",
    lower,
};

const SIDE: Type = Type::Count { min: 1, max: 65_536 };
const HEIGHT: &str = "height of the map, in pixels; goes with `width`";
const WIDTH: &str = "width of the map, in pixels; goes with `height`";

fn lower(site: &mut Site<'_>, args: &Bound, _inputs: &[Value]) -> Result<Value, Fault> {
    let channels = args.count("channels");
    let shape = match (args.maybe_count("height"), args.maybe_count("width")) {
        (Some(height), Some(width)) => Shape::Map([channels, height, width]),
        (None, None) => Shape::Vector(channels),
        (Some(_), None) => return Err(Fault::Missing { argument: "width", about: WIDTH }),
        (None, Some(_)) => return Err(Fault::Missing { argument: "height", about: HEIGHT }),
    };
    site.net.zeros(shape)
}
