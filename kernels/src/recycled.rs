//! Large pieces of memory that are needed again at every step. What a system gives back and takes anew it fills with zeros, page
//! by page, which for tens of millions of numbers takes as long as computing with them.

use std::sync::{Mutex, PoisonError};

/// The memory that is kept.
struct Kept {
    /// The pieces that were given back. Each has the length of a parameter of the net that is trained, so there are about as many as
    /// this net has large parameters.
    pieces: Vec<Vec<f32>>,
    /// For each length that was asked for, how many pieces are out. Those that nobody asked for here are not kept: they would only
    /// become more.
    out: Vec<(usize, usize)>,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept { pieces: Vec::new(), out: Vec::new() });
/// Pieces shorter than this are cheap to have anew.
const SHORTEST: usize = 1 << 16;
/// Most pieces that are kept: what belongs to nets that are gone leaves at the other end.
const MOST: usize = 128;

/// Memory for so many numbers, which may hold any.
pub fn take(len: usize) -> Vec<f32> {
    if len < SHORTEST {
        return vec![0.0; len];
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match kept.out.iter_mut().find(|(of, _)| *of == len) {
        Some((_, out)) => *out += 1,
        None => kept.out.push((len, 1)),
    }
    let place = kept.pieces.iter().rposition(|piece| piece.len() == len);
    place.map_or_else(|| vec![0.0; len], |place| kept.pieces.remove(place))
}

/// Keeps memory for the next one who needs as many numbers, if it was taken here.
pub fn give_back(piece: Vec<f32>) {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((_, out)) = kept.out.iter_mut().find(|(len, out)| *len == piece.len() && *out > 0) else { return };
    *out -= 1;
    if kept.pieces.len() == MOST {
        kept.pieces.remove(0);
    }
    kept.pieces.push(piece);
}
