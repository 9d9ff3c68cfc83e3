//! The layers of the builder: primitives that look at channels and pixels.

use super::{Builder, Made};
use crate::ir::{Fault, Op, Padding, ParamId, Pool, Shape, Upsampling, Value};

impl Builder {
    /// Appends a convolution: `x` is `[in, H, W]`, the weight `[out, in / groups, k, k]`.
    pub fn conv(
        &mut self,
        x: Value,
        weight: ParamId,
        bias: Option<ParamId>,
        stride: usize,
        padding: Padding,
        groups: usize,
    ) -> Made {
        let dims = &self.params[weight.0].shape;
        let (out, from, kernel) = (dims[0], dims[1] * groups, dims[2]);
        self.map_of(from, x)?;
        if !out.is_multiple_of(groups) {
            return Err(Fault::Multiple { of: groups, channels: out });
        }
        let [height, width] = self.grid(x, kernel, stride, padding)?;
        self.skips(kernel, stride, padding, [height, width]);
        self.append_checked(Op::Conv { x, weight, bias, stride, padding, groups }, [out, height, width])
    }

    /// The height and the width of a map, which must have as many channels as its weights read.
    fn map_of(&self, channels: usize, x: Value) -> Result<[usize; 2], Fault> {
        match self.map(x)? {
            [found, height, width] if found == channels => Ok([height, width]),
            _ => Err(Fault::Channels { expected: channels, found: self.shape(x).clone() }),
        }
    }

    /// The number of positions of a square kernel over a map, along height and width.
    pub fn grid(&self, x: Value, kernel: usize, stride: usize, padding: Padding) -> Result<[usize; 2], Fault> {
        let [_, height, width] = self.map(x)?;
        centred(padding, kernel)?;
        let pad = 2 * padding.pixels(kernel);
        let positions = windows([height + pad, width + pad], [kernel, kernel], stride);
        positions.ok_or(Fault::Window { kernel, height, width })
    }

    /// Appends a convolution with kernels of its own at each position: `x` is `[in, H, W]`, the weight `[height, width,
    /// out, in, k, k]`, where height and width are those of the output; the bias is `[out]`, or `[out, height, width]`.
    pub fn local(&mut self, x: Value, weight: ParamId, bias: Option<ParamId>, stride: usize, padding: Padding) -> Made {
        let dims = &self.params[weight.0].shape;
        let (positions, out, from, kernel) = ([dims[0], dims[1]], dims[2], dims[3], dims[4]);
        self.map_of(from, x)?;
        let [height, width] = self.grid(x, kernel, stride, padding)?;
        if [height, width] != positions {
            return Err(Fault::Positions { expected: positions, found: [height, width] });
        }
        self.skips(kernel, stride, padding, positions);
        self.append_checked(Op::Local { x, weight, bias, stride, padding }, [out, height, width])
    }

    /// Appends a transposed convolution: `x` is `[in, H, W]`, the weight `[in, out, k, k]`.
    pub fn conv_transpose(
        &mut self,
        x: Value,
        weight: ParamId,
        bias: Option<ParamId>,
        stride: usize,
        padding: Padding,
    ) -> Made {
        let dims = &self.params[weight.0].shape;
        let (from, out, kernel) = (dims[0], dims[1], dims[2]);
        let [height, width] = self.map_of(from, x)?;
        centred(padding, kernel)?;
        let along = |size: usize| match padding {
            Padding::Same => size.saturating_mul(stride),
            Padding::Valid => size.saturating_sub(1).saturating_mul(stride).saturating_add(kernel),
        };
        let dims = [out, along(height), along(width)];
        self.append_checked(Op::ConvTranspose { x, weight, bias, stride, padding }, dims)
    }

    /// Appends a dense layer: `x` is `[in]`, the weight `[out, in]`.
    pub fn dense(&mut self, x: Value, weight: ParamId, bias: Option<ParamId>) -> Made {
        let (out, from) = (self.params[weight.0].shape[0], self.params[weight.0].shape[1]);
        match *self.shape(x) {
            Shape::Vector(n) if n == from => Ok(self.append(Op::Dense { x, weight, bias }, Shape::Vector(out))),
            Shape::Vector(_) => Err(Fault::Channels { expected: from, found: self.shape(x).clone() }),
            _ => Err(Fault::Wanted { wanted: "a vector", found: self.shape(x).clone() }),
        }
    }

    /// Appends a pooling layer over windows of `kernel` pixels, height and width; warns of rows and columns that no
    /// window reaches.
    pub fn pool(&mut self, kind: Pool, x: Value, kernel: [usize; 2], stride: usize, padding: Padding) -> Made {
        let [channels, height, width] = self.map(x)?;
        for side in kernel {
            centred(padding, side)?;
        }
        let pad = kernel.map(|side| padding.pixels(side));
        let out = windows([height + 2 * pad[0], width + 2 * pad[1]], kernel, stride);
        let [rows, columns] = out.ok_or(Fault::Window { kernel: kernel[0], height, width })?;
        if !self.skips(kernel[0], stride, padding, [rows, columns]) {
            let left = |size, kernel| left_over(size, kernel, stride, padding).unwrap_or_default();
            let (rows, columns) = (left(height, kernel[0]), left(width, kernel[1]));
            if rows > 0 || columns > 0 {
                self.warnings.push(Fault::Dropped { height, width, kernel: kernel[0], stride, padding, rows, columns });
            }
        }
        self.append_checked(Op::Pool { kind, x, kernel, stride, padding }, [channels, rows, columns])
    }

    /// Warns of windows that leave pixels out between them; true if they do. Windows of a single pixel are meant to
    /// choose some of them.
    fn skips(&mut self, kernel: usize, stride: usize, padding: Padding, positions: [usize; 2]) -> bool {
        let skips = kernel > 1 && stride > kernel && positions != [1, 1];
        if skips {
            self.warnings.push(Fault::Skipped { kernel, stride, padding });
        }
        skips
    }

    /// Appends a layer that makes maps `factor` times as high and as wide.
    pub fn upsample(&mut self, x: Value, factor: usize, mode: Upsampling) -> Made {
        let [channels, height, width] = self.map(x)?;
        let dims = [channels, height.saturating_mul(factor), width.saturating_mul(factor)];
        self.append_checked(Op::Upsample { x, factor, mode }, dims)
    }

    /// Appends a batch norm; its parameters are `[C]` each: scale, shift, running mean, running variance.
    pub fn batch_norm(&mut self, x: Value, params: [ParamId; 4], epsilon: f64, momentum: f64) -> Made {
        let dims = self.map(x)?;
        if dims[1..] == [1, 1] {
            self.warnings.push(Fault::OneNumber);
        }
        let [scale, shift, mean, variance] = params;
        let op = Op::BatchNorm { x, scale, shift, mean, variance, epsilon, momentum };
        Ok(self.append(op, Shape::Map(dims)))
    }

    /// Appends a group norm; scale and shift are `[C]` each.
    pub fn group_norm(&mut self, x: Value, groups: usize, [scale, shift]: [ParamId; 2], epsilon: f64) -> Made {
        let shape = self.per_image(x)?;
        let channels = shape.channels();
        if !channels.is_multiple_of(groups) {
            return Err(Fault::Groups { groups, channels });
        }
        if shape.len() == groups {
            return Err(Fault::Alone { groups, found: shape });
        }
        Ok(self.append(Op::GroupNorm { x, groups, scale, shift, epsilon }, shape))
    }

    /// Appends a local response norm over `size` channels, half of them on either side.
    pub fn lrn(&mut self, x: Value, size: usize, alpha: f64, beta: f64, k: f64) -> Made {
        let dims = self.map(x)?;
        if size.is_multiple_of(2) {
            return Err(Fault::EvenSpan { size });
        }
        Ok(self.append(Op::Lrn { x, size, alpha, beta, k }, Shape::Map(dims)))
    }
}

/// The number of last rows, or columns, of a map so many pixels high, or wide, that no window reaches; none if no window
/// fits. Only pixels of the map count; those of the padding behind them are nothing.
pub fn left_over(size: usize, kernel: usize, stride: usize, padding: Padding) -> Option<usize> {
    let pad = padding.pixels(kernel);
    let [windows, _] = windows([size + 2 * pad; 2], [kernel; 2], stride)?;
    Some((size + pad).saturating_sub((windows - 1) * stride + kernel))
}

/// Refuses an even kernel where half of it is to stand on each side of a pixel.
fn centred(padding: Padding, kernel: usize) -> Result<(), Fault> {
    match padding {
        Padding::Same if kernel.is_multiple_of(2) => Err(Fault::EvenKernel { kernel }),
        Padding::Same | Padding::Valid => Ok(()),
    }
}

/// The number of windows along each side, or none if one side is shorter than the window.
fn windows(size: [usize; 2], kernel: [usize; 2], stride: usize) -> Option<[usize; 2]> {
    let along = |size: usize, kernel: usize| size.checked_sub(kernel).map(|room| room / stride.max(1) + 1);
    Some([along(size[0], kernel[0])?, along(size[1], kernel[1])?])
}
