//! Windows that leave pixels of a map out.

use super::shape::DROPPED;
use crate::diag::{Diagnostic, Span, counted};
use crate::ir::{Padding, left_over};

/// Square windows over a map.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    pub kernel: usize,
    pub stride: usize,
    pub padding: Padding,
    /// Whether the stride is as wide as the window because none is given, so that it changes with the window.
    pub follows: bool,
}

impl Windows {
    fn of(self, kernel: usize) -> Self {
        Self { kernel, stride: if self.follows { kernel } else { self.stride }, ..self }
    }

    /// Whether every pixel of a map is in some window.
    fn cover(self, size: [usize; 2]) -> bool {
        let is_centred = self.padding == Padding::Valid || !self.kernel.is_multiple_of(2);
        let all = |size: usize| left_over(size, self.kernel, self.stride, self.padding) == Some(0);
        is_centred && self.stride <= self.kernel && size.into_iter().all(all)
    }
}

/// Windows that leave the last rows or columns of a map out; `left` is how many of each.
pub fn dropped(size: [usize; 2], windows: &Windows, left: [usize; 2], span: Span) -> Diagnostic {
    let ([height, width], [rows, columns]) = (size, left);
    let Windows { kernel, stride, .. } = *windows;
    let covers = |side: &usize| windows.of(*side).cover(size);
    let smaller = (2..kernel).rev().find(covers).filter(|_| windows.follows);
    let sides: Vec<String> =
        smaller.into_iter().chain((kernel + 1..=height.min(width)).find(covers)).map(|n| n.to_string()).collect();
    let same = Windows { padding: Padding::Same, ..*windows }.cover(size);
    let ways: Vec<String> = [
        (!sides.is_empty()).then(|| format!("choose a window of {}", sides.join(" or "))),
        same.then(|| "write `padding: same`".to_owned()),
        Some("resize the map before".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let lost: Vec<String> = [(rows, "row"), (columns, "column")]
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| counted(*n, what))
        .collect();
    Diagnostic::new(
        &DROPPED,
        format!("windows of {kernel} at every {stride} pixels do not cover a map of {height}x{width}"),
    )
    .label(span, format!("the last {} reach nothing", lost.join(" and the last ")))
    .help(ways.join(", or "))
}

/// Windows that are further apart than they are wide.
pub fn skipped(kernel: usize, stride: usize, padding: Padding, span: Span) -> Diagnostic {
    let wide = if padding == Padding::Same && stride.is_multiple_of(2) { stride + 1 } else { stride };
    Diagnostic::new(&DROPPED, format!("windows of {kernel} at every {stride} pixels leave pixels out between them"))
        .label(span, format!("{} of {stride} rows and columns reach nothing", stride - kernel))
        .help(format!("choose a stride of at most {kernel}, or a kernel of at least {wide}"))
}
