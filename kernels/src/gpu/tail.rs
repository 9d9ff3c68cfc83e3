//! What is done to one number after another.

use super::math;
use super::memory::Memory;
use super::script::{Op, Operand, Rows, Tail};
use crate::graph::Map;
use cubecl::prelude::*;

/// Number `n` of a result, in channel `channel`.
#[cube]
pub fn tail(memory: &mut Memory<'_>, result: f32, channel: usize, n: usize, #[comptime] tail: Tail) {
    let mut registers = Array::<f32>::new(comptime!(tail.registers.max(1)));
    if let Some(operand) = comptime!(tail.result) {
        keep(memory, &mut registers, n, result, operand);
    }
    for op in comptime!(tail.ops.clone()) {
        let x = operand(memory, &registers, n, comptime!(op.reads[0]));
        let other = operand(memory, &registers, n, comptime!(op.reads[1]));
        let number = number(memory, channel, comptime!(op.clone()));
        keep(memory, &mut registers, n, apply(x, other, number, comptime!(op.map)), comptime!(op.to));
    }
}

#[cube]
fn operand(memory: &mut Memory<'_>, registers: &Array<f32>, n: usize, #[comptime] operand: Option<Operand>) -> f32 {
    match comptime!(operand) {
        Some(Operand::Register(register)) => registers[register],
        Some(Operand::Memory(at)) => memory.load(n, at),
        None => f32::new(0.0),
    }
}

#[cube]
fn keep(memory: &mut Memory<'_>, registers: &mut Array<f32>, n: usize, value: f32, #[comptime] operand: Operand) {
    match comptime!(operand) {
        Operand::Register(register) => registers[register] = value,
        Operand::Memory(at) => memory.store(n, value, at),
    }
}

#[cube]
pub fn rows(memory: &mut Memory<'_>, #[comptime] rows: Rows) {
    let cells = comptime!(rows.dims[1] * rows.dims[2]);
    let len = comptime!(rows.dims[0] * cells);
    for n in range_stepped(UNIT_POS as usize, len, memory.units) {
        tail(memory, 0.0, n / cells, n, comptime!(rows.tail.clone()));
    }
}

/// The number that a map takes besides, if it takes one.
#[cube]
fn number(memory: &mut Memory<'_>, channel: usize, #[comptime] op: Op) -> f32 {
    match comptime!(op.map) {
        Map::AddChannel(_) | Map::MulChannel(_) => memory.params[channel + memory.place(op.first)],
        Map::AddNumber(x) | Map::MulNumber(x) => f32::new(x),
        _ => f32::new(0.0),
    }
}

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
        Map::Reciprocal => 1.0 / x,
        Map::Bf16 => math::bf16(x),
        Map::AddNumber(_) | Map::AddChannel(_) => x + number,
        Map::MulNumber(_) | Map::MulChannel(_) => x * number,
        Map::Add => x + other,
        Map::Sub => x - other,
        Map::Mul => x * other,
        Map::Div => x / other,
        // A result that is no number hides no gradient.
        Map::ReluBack => select(other <= 0.0, 0.0, x),
        Map::TanhBack => x - x * other * other,
        Map::SigmoidBack => x * other * (1.0 - other),
        Map::SoftplusBack => x * math::sigmoid(other),
        // Multiplied by the sign, which is 0 at 0: there an infinite gradient becomes no number, and is seen.
        Map::AbsBack => {
            let above = select(other > 0.0, f32::new(1.0), f32::new(0.0));
            let below = select(other < 0.0, f32::new(1.0), f32::new(0.0));
            x * (above - below)
        }
    }
}
