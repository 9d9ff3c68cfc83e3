//! Epilogues: elementwise work on each number of a result, by the unit that has made it.

use super::math;
use super::memory::Memory;
use super::program::{Elementwise, Storage, UnitEpilogue, UnitOp};
use crate::graph::Map;
use cubecl::prelude::*;

/// Runs an epilogue on number `n` of a result, counted over all channels, which is in channel `channel`.
#[cube]
pub fn epilogue(memory: &mut Memory<'_>, result: f32, channel: usize, n: usize, #[comptime] epilogue: UnitEpilogue) {
    let mut registers = Array::<f32>::new(comptime!(epilogue.registers.max(1)));
    if let Some(storage) = comptime!(epilogue.result) {
        write(memory, &mut registers, n, result, storage);
    }
    for op in comptime!(epilogue.ops.clone()) {
        let x = read(memory, &registers, n, comptime!(op.reads[0]));
        let other = read(memory, &registers, n, comptime!(op.reads[1]));
        let number = number(memory, channel, comptime!(op.clone()));
        write(memory, &mut registers, n, apply(x, other, number, comptime!(op.map)), comptime!(op.to));
    }
}

/// Reads what an operation works on; zero where it has no second operand.
#[cube]
fn read(memory: &mut Memory<'_>, registers: &Array<f32>, n: usize, #[comptime] storage: Option<Storage>) -> f32 {
    match comptime!(storage) {
        Some(Storage::Register(register)) => registers[register],
        Some(Storage::Memory(address)) => memory.load(n, address),
        None => f32::new(0.0),
    }
}

/// Writes the result of an operation.
#[cube]
fn write(memory: &mut Memory<'_>, registers: &mut Array<f32>, n: usize, value: f32, #[comptime] storage: Storage) {
    match comptime!(storage) {
        Storage::Register(register) => registers[register] = value,
        Storage::Memory(address) => memory.store(n, value, address),
    }
}

/// Does elementwise work that has no kernel.
#[cube]
pub fn elementwise(memory: &mut Memory<'_>, #[comptime] work: Elementwise) {
    let cells = comptime!(work.dims[1] * work.dims[2]);
    let len = comptime!(work.dims[0] * cells);
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        epilogue(memory, 0.0, n / cells, n, comptime!(work.epilogue.clone()));
    }
}

/// The constant that a function takes, or the number of its parameter for this channel; zero if it takes neither.
#[cube]
fn number(memory: &mut Memory<'_>, channel: usize, #[comptime] op: UnitOp) -> f32 {
    if comptime!(op.map.slot().is_some()) {
        memory.params[channel + memory.offset(op.first)]
    } else {
        f32::new(comptime!(op.map.number().unwrap_or(0.0)))
    }
}

/// Applies a function to `x`; `number` is its constant or its parameter's number, and `other` its second operand.
#[cube]
fn apply(x: f32, other: f32, number: f32, #[comptime] map: Map) -> f32 {
    match comptime!(map) {
        Map::Negate => -x,
        Map::Abs => x.abs(),
        Map::Exp => x.exp(),
        Map::Log => x.ln(),
        Map::Sqrt => x.sqrt(),
        Map::Square => x * x,
        Map::Relu => select(x < 0.0, 0.0, x),
        Map::Tanh => math::tanh(x),
        Map::Sigmoid => math::sigmoid(x),
        Map::Softplus => math::softplus(x),
        Map::Gelu => x * math::normal_below(x),
        Map::Reciprocal => 1.0 / x,
        Map::Bf16 => math::bf16(x),
        Map::AddNumber(_) | Map::AddChannel(_) => x + number,
        Map::MulNumber(_) | Map::MulChannel(_) => x * number,
        Map::DivChannel(_) => x / number,
        Map::Add => x + other,
        Map::Sub => x - other,
        Map::Mul => x * other,
        Map::Div => x / other,
        // Written so that the gradient passes where the result is NaN, and the NaN is seen.
        Map::ReluBackward => select(other <= 0.0, 0.0, x),
        Map::TanhBackward => x - x * other * other,
        Map::SigmoidBackward => x * other * (1.0 - other),
        Map::SoftplusBackward => x * math::sigmoid(other),
        Map::GeluBackward => x * math::gelu_slope(other),
        // Multiplied by the sign, which is 0 at 0: there an infinite gradient becomes NaN, and is seen.
        Map::AbsBackward => {
            let above = select(other > 0.0, f32::new(1.0), f32::new(0.0));
            let below = select(other < 0.0, f32::new(1.0), f32::new(0.0));
            x * (above - below)
        }
        Map::Normalise(_) | Map::NormaliseBackward(_) => {
            comptime!(unreachable!("a graphics processor gets no part with a batch normalisation"))
        }
    }
}
