//! Large pieces of memory that are needed again at every step. What a system gives back and takes anew it fills with zeros, page
//! by page, which for tens of millions of numbers takes as long as computing with them.

use std::sync::{Mutex, PoisonError};

/// Memory that was given back. What is asked for has the length of a parameter of the net that is trained, so there are as many
/// pieces as this net has large parameters.
static GIVEN_BACK: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());
/// Pieces shorter than this are cheap to have anew.
const SHORTEST: usize = 1 << 16;
/// Most pieces that are kept: what belongs to nets that are gone leaves at the other end.
const MOST: usize = 128;

/// Memory for so many numbers, which may hold any.
pub(crate) fn take(len: usize) -> Vec<f32> {
    let mut given_back = GIVEN_BACK.lock().unwrap_or_else(PoisonError::into_inner);
    let place = given_back.iter().rposition(|piece| piece.len() == len);
    place.map_or_else(|| vec![0.0; len], |place| given_back.remove(place))
}

/// Keeps memory for the next one who needs as many numbers.
pub fn give_back(piece: Vec<f32>) {
    if piece.len() < SHORTEST {
        return;
    }
    let mut given_back = GIVEN_BACK.lock().unwrap_or_else(PoisonError::into_inner);
    if given_back.len() == MOST {
        given_back.remove(0);
    }
    given_back.push(piece);
}
