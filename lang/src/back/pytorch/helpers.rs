//! What the file defines beside its class, each only where it is called.

/// A function or a class of Python, and the word by which the rest of the file calls it.
struct Helper {
    called: &'static str,
    text: &'static str,
}

const HELPERS: &[Helper] = &[
    Helper {
        called: "Parts",
        text: r#"
class Parts(nn.Identity):
    """A place in a dotted name, below which modules have numbers: `stage1[0]`."""

    def __getitem__(self, number):
        return self.get_submodule(str(number))
"#,
    },
    Helper {
        called: "Local2d",
        text: r#"
class Local2d(nn.Module):
    """A convolution without weight sharing: kernels [H, W, out, in, k, k]."""

    def __init__(self, shape, stride=1, padding=0, bias=True, bias_by_place=False):
        super().__init__()
        self.stride, self.padding = stride, padding
        height, width, out, *_ = shape
        bound = math.prod(shape[3:]) ** -0.5
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        places = (out, height, width) if bias_by_place else (out,)
        start = torch.empty(places).uniform_(-bound, bound)
        self.bias = nn.Parameter(start) if bias or bias_by_place else None

    def forward(self, x):
        return local2d(x, self.weight, self.bias, self.stride, self.padding)
"#,
    },
    Helper {
        called: "local2d",
        text: r#"
def local2d(x, weight, bias=None, stride=1, padding=0):
    """At each place the window there, as a column, under the place's own matrix."""
    height, width, out, *_, kernel = weight.shape
    windows = F.unfold(x, kernel, padding=padding, stride=stride)  # [B, taps, places]
    weight = weight.reshape(height * width, out, -1)
    y = torch.einsum("btp,pot->bop", windows, weight).unflatten(2, (height, width))
    if bias is None:
        return y
    return y + (bias[:, None, None] if bias.ndim == 1 else bias)
"#,
    },
    Helper {
        called: "gabor_",
        text: r#"
@torch.no_grad()
def gabor_(weight, wavelength, sigma, aspect):
    """Oriented filters, lengths in pixels; pairs are a quarter of a wave apart."""
    out, inputs, height, width = weight.shape
    rows = torch.arange(height, dtype=torch.float64)[:, None] - (height - 1) / 2
    columns = torch.arange(width, dtype=torch.float64) - (width - 1) / 2
    for channel in range(out):
        angle = math.pi * (channel // 2) / ((out + 1) // 2)
        across = columns * math.cos(angle) + rows * math.sin(angle)
        along = rows * math.cos(angle) - columns * math.sin(angle)
        envelope = torch.exp(-(across**2 + (aspect * along) ** 2) / (2 * sigma**2))
        phase = 2 * math.pi * across / wavelength + math.pi / 2 * (channel % 2)
        wave = envelope * torch.cos(phase)
        wave = wave - wave.sum() / envelope.sum() * envelope
        weight[channel] = wave / wave.norm() / inputs**0.5
"#,
    },
    Helper {
        called: "one_kernel_",
        text: r#"
@torch.no_grad()
def one_kernel_(weight, sd):
    """Places start from one kernel, each weight off by a standard deviation of `sd`."""
    weight.copy_(weight[0, 0] + sd * torch.randn_like(weight))
"#,
    },
    Helper {
        called: "fold_",
        text: r#"
@torch.no_grad()
def fold_(weight, sign):
    """Weights start on their side of zero."""
    weight.copy_(sign * weight.abs())
"#,
    },
    Helper {
        called: "share_",
        text: r#"
@torch.no_grad()
def share_(weight, period):
    """Each kernel becomes the mean of those that are `period` places apart."""
    for row in range(period):
        for column in range(period):
            module = weight[row::period, column::period]
            module.copy_(module.mean((0, 1), keepdim=True))
"#,
    },
    Helper {
        called: "relax_",
        text: r#"
@torch.no_grad()
def relax_(weight, period, rule):
    """Kernels that are `period` places apart come to be alike as a rule has it.

    The rule is given them as [places, out, taps], in double precision.
    """
    for row in range(period):
        for column in range(period):
            module = weight[row::period, column::period]
            kernels = module.double().flatten(0, 1).flatten(2)
            module.copy_(rule(kernels).reshape(module.shape))
"#,
    },
    Helper {
        called: "hebbian",
        text: r#"
def hebbian(start, eta, gamma, iterations, patterns, noise):
    """Eq. 4 of Pogodin et al. (2021), for patterns of independent normal numbers."""
    kernels, (places, out, taps) = start, start.shape
    for _ in range(iterations):
        x = start.new_empty(patterns, taps).normal_()
        x = x.expand(places, out, -1, -1)
        if noise:  # each neuron sees a pattern in another way
            x = x + noise * torch.randn_like(x)
        response = torch.einsum("pot,pont->pon", kernels, x)
        response = response - response.mean(0)
        pull = torch.einsum("pon,pont->pot", response, x) / patterns
        kernels = kernels - eta * (pull + gamma * (kernels - start))
    return kernels
"#,
    },
    Helper {
        called: "circuit",
        text: r#"
def circuit(start, alpha, tau, present, dt, bias, eta, gamma, iterations, noise):
    """Eq. 8 of Pogodin et al. (2021), by Euler's steps; times in milliseconds."""
    kernels, steps = start, max(round(present / dt), 1)
    for _ in range(iterations):
        x = start.new_empty(start.shape[2]).normal_()
        if noise:  # each neuron sees the pattern in another way
            x = x + noise * torch.randn_like(kernels)
        rates, inhibition = torch.zeros_like(kernels[..., 0]), 0.0
        for _ in range(steps):
            drive = (kernels * x).sum(2) - alpha * inhibition
            above = rates - bias
            learned = above[..., None] * x + gamma * (kernels - start)
            kernels = kernels - eta / steps * learned
            inhibition = inhibition + dt / tau * (above.mean(0) - inhibition)
            rates = rates + dt / tau * (drive - above)
    return kernels
"#,
    },
];

/// The definitions that a text calls, and those that these call.
pub fn of(text: &str) -> String {
    let calls = |text: &str, called: &str| {
        text.match_indices(&format!("{called}("))
            .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.'))
    };
    let mut defined = String::new();
    for helper in HELPERS {
        if calls(text, helper.called) || (helper.called == "local2d" && defined.contains("class Local2d(")) {
            defined += &format!("{}\n\n", helper.text.trim_start());
        }
    }
    defined
}
