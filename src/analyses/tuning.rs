//! How the channels of a value answer to gratings.

use super::Bench;
use super::faint::faint;
use super::values::{self, map_of};
use crate::activity::{Asked, Place};
use crate::back::burn::Model;
use crate::data::gratings::Battery;
use crate::train::TrainError;
use lcnnc_lang::ir::Net;
use std::f64::consts::PI;
use std::ops::Range;

/// What each channel answers to each grating: the largest change, over all units in the middle half of the map and over all phases,
/// from what the same unit does before even grey. A change downwards counts as one upwards does.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// By step, channel, frequency and orientation, of which the last runs fastest.
    responses: Vec<Vec<Vec<f64>>>,
    orientations: usize,
}

impl Tuning {
    /// Shows a net all gratings.
    ///
    /// # Errors
    /// As [`Bench::watch_made`].
    pub fn of(bench: &Bench, model: &Model, asked: &Asked, battery: &Battery) -> Result<Self, TrainError> {
        let (steps, [channels, height, width]) = (asked.steps.len().max(1), map_of(asked));
        let orientations = battery.orientations.len();
        let gratings = battery.frequencies.len() * orientations;
        let mut responses = vec![vec![vec![0.0_f64; gratings]; channels]; steps];
        let mut grey = vec![Vec::new(); steps];
        let mut seen = vec![0; steps];
        bench.watch_made(model, asked, &battery.pictures(), &mut |step, x| {
            let Some(number) = usize::checked_sub(seen[step], 1) else {
                (grey[step], seen[step]) = (x.to_vec(), 1);
                return;
            };
            seen[step] += 1;
            for (channel, (map, even)) in
                x.chunks_exact(height * width).zip(grey[step].chunks_exact(height * width)).enumerate()
            {
                let response = &mut responses[step][channel][number / battery.phases];
                for row in middle(height) {
                    for place in middle(width).map(|column| row * width + column) {
                        *response = response.max(f64::from((map[place] - even[place]).abs()));
                    }
                }
            }
        })?;
        Ok(Self { responses, orientations })
    }

    pub fn steps(&self) -> usize {
        self.responses.len()
    }

    pub fn channels(&self) -> usize {
        self.responses.first().map_or(0, Vec::len)
    }

    /// Which channels answer: any grating changes them, at any step, by a hundredth or more of what the channel that answers most
    /// changes by.
    pub fn answering(&self) -> Vec<bool> {
        let of_channel = |channel| (0..self.steps()).flat_map(move |step| self.all(step, channel)).copied();
        let largest: Vec<f64> = (0..self.channels()).map(|channel| of_channel(channel).fold(0.0, f64::max)).collect();
        faint(&largest).into_iter().map(|is_faint| !is_faint).collect()
    }

    /// The responses of a channel to all gratings, by frequency and orientation.
    pub fn all(&self, step: usize, channel: usize) -> &[f64] {
        &self.responses[step][channel]
    }

    /// The frequency and the orientation, by their numbers, of the grating with the largest response; of equals the first.
    pub fn best(&self, step: usize, channel: usize) -> [usize; 2] {
        let all = self.all(step, channel);
        let best = (0..all.len()).fold(0, |best, n| if all[n] > all[best] { n } else { best });
        [best / self.orientations, best % self.orientations]
    }

    /// The responses to all orientations at the frequency of the largest one.
    pub fn curve(&self, step: usize, channel: usize) -> &[f64] {
        let [frequency, _] = self.best(step, channel);
        &self.all(step, channel)[frequency * self.orientations..][..self.orientations]
    }
}

/// The values that are named, as of [`values::asked`], of which each can be tuned.
///
/// # Errors
/// Of a name that the net does not have, and of the image.
pub fn tuned(net: &Net, names: &[String], analysis: &'static str) -> Result<Vec<Asked>, TrainError> {
    let all = values::asked(net, names)?;
    match all.iter().find(|asked| asked.place == Place::Input) {
        None => Ok(all),
        Some(Asked { text, .. }) => {
            let reason = format!("`{text}` is the picture itself, which has no tuning: name what the net makes of it");
            Err(super::wrong_call(analysis, reason))
        }
    }
}

/// The middle half of a side, at least its middle.
fn middle(side: usize) -> Range<usize> {
    let border = side / 4;
    border..side - border
}

/// The vector sum of responses to orientations that divide 180 degrees evenly: its orientation in degrees from 0 to below 180,
/// and the circular variance `1 - abs(sum(r exp(2 i theta))) / sum(r)` (Ringach et al., 2002); nothing where nothing answers.
pub fn circular(responses: &[f64]) -> Option<[f64; 2]> {
    let sum: f64 = responses.iter().sum();
    let angle = |n: usize| 2.0 * PI * n as f64 / responses.len() as f64;
    let along = |of: fn(f64) -> f64| responses.iter().enumerate().map(|(n, r)| r * of(angle(n))).sum::<f64>();
    let [x, y] = [along(f64::cos), along(f64::sin)];
    // Rounding must not make an orientation of what has none.
    let variance = (1.0 - x.hypot(y) / sum).clamp(0.0, 1.0);
    let orientation = (y.atan2(x).to_degrees() / 2.0).rem_euclid(180.0);
    (sum > 0.0 && sum.is_finite()).then_some([if orientation < 180.0 { orientation } else { 0.0 }, variance])
}
