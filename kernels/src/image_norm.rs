//! Normalisations of maps by what one image has of them.

/// A normalisation that each image goes through by itself. It makes maps of the shape that it reads, and has no
/// parameters: scale and shift come behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ImageNorm {
    Response(ResponseNorm),
    Group(GroupNorm),
}

/// Local response normalisation (Krizhevsky et al., 2012, section 3.3): `x / (k + alpha * mean(x^2))^beta`, with the
/// mean over neighbouring channels at the same pixel. Beyond the first and the last channel there are zeros, and they
/// count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResponseNorm {
    /// How many channels the mean is over, the channel itself included. Of an even number, one more lies before it than
    /// behind it.
    pub size: usize,
    pub alpha: f64,
    pub beta: f64,
    pub k: f64,
}

/// Group normalisation (Wu & He, 2018): `(x - m) / sqrt(v + epsilon)` with the mean `m` and the biased variance `v` of a
/// group of channels over all their pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupNorm {
    /// How many equal groups of neighbouring channels there are.
    pub groups: usize,
    pub epsilon: f64,
}
