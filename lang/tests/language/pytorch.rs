//! Nets as files of Python for PyTorch. That PyTorch computes the same by them is `tests/nets/agreement/exported.rs`.

use lcnnc_lang::back::pytorch::{self, About};
use lcnnc_lang::ir::Net;
use lcnnc_lang::vocabulary::transforms::TRANSFORMS;
use lcnnc_testing::nests::NESTS;
use lcnnc_testing::{clean, golden, goldens, net, spec, specs};

/// Checks what holds of the file of any net: brackets are closed, lines are as long as Black has them, and every parameter has a
/// module that makes it.
pub fn sound(net: &Net, text: &str) {
    // What is said in words may be anything.
    let code = text.split("\"\"\"").step_by(2).flat_map(str::lines);
    let code: String = code.map(|line| line.split("# ").next().unwrap_or_default()).collect();
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
        assert_eq!(code.matches(open).count(), code.matches(close).count(), "{open} {close}\n{text}");
    }
    for line in text.lines() {
        // A word of the spec's own may be longer than a line.
        let words = line.trim_start_matches(['#', ' ']).split(' ').count();
        let names = line.trim_start().starts_with('"') && line.contains("\": \"") && words == 2;
        let is_short = line.chars().count() <= 88 || line.ends_with("# fmt: skip") || words == 1 || names;
        assert!(is_short, "{line}\n{text}");
        assert!(line.trim_end() == line && line.chars().take_while(|c| *c == ' ').count() % 4 == 0, "{line:?}\n{text}");
        assert!(!line.contains('\0'), "{line:?}\n{text}");
    }
    let made = made(text);
    for param in &net.params {
        let is_own = |module: &String| likeness(module).eq(likeness(&format!("self.{}", param.owner())));
        let is_version = |module: &String| {
            let (above, number) = param.owner().rsplit_once('.').unwrap_or_default();
            number.parse::<usize>().is_ok() && likeness(module).eq(likeness(&format!("self.{above}.t")))
        };
        assert!(made.iter().any(|module| is_own(module) || is_version(module)), "{}\n{text}", param.name);
    }
    for call in ["None(", " = None\n", "unreachable"] {
        assert!(!text.contains(call), "{call}\n{text}");
    }
}

/// The modules that the constructor makes, each below one that it has made before: `self.V1.O.conv`, and `self.norm.t` for the one of
/// each step.
fn made(text: &str) -> Vec<String> {
    // Helpers that are classes stand above the net's own.
    let start = text.rfind("    def __init__").unwrap();
    let constructor = &text[start..];
    let constructor = &constructor[..constructor.find("\n    def ").unwrap_or(constructor.len())];
    let mut made = vec!["self".to_owned()];
    for (at, _) in constructor.match_indices("\n        ") {
        let statement = constructor[at..].trim_start();
        let Some(end) = statement.find([' ', '(']).filter(|_| statement.starts_with("self.")) else { continue };
        let place = statement[..end].replace('[', ".").replace(']', "");
        let (above, word) = place.rsplit_once('.').unwrap();
        assert!(made.iter().any(|module| module == above), "{above} is not there yet for {word}\n{constructor}");
        let rest = statement[end..].trim_start_matches([' ', '(', '=', '\n']);
        match word {
            "add_module" => {
                let number = rest.trim_start_matches("str(").split([',', ')']).next().unwrap();
                made.push(format!("{above}.{}", number.trim_matches('"')));
            }
            _ if statement[end..].starts_with(" = nn.Parameter") => {}
            _ if statement[end..].starts_with(" = ") => made.push(place),
            _ => {}
        }
    }
    made
}

/// The words of a dotted name, without what is added to those that Python has taken.
fn likeness(name: &str) -> impl Iterator<Item = &str> {
    name.split('.').map(|word| word.trim_end_matches('_').trim_start_matches("v_").trim_start_matches('_'))
}

#[test]
fn every_spec_is_written_as_reviewed() {
    let mut names = Vec::new();
    for (name, text) in specs() {
        let compiled = clean(&text, &[]);
        let net = compiled.net.as_ref().unwrap();
        let origin = format!("{name}.lcnn");
        let file = Some((name.clone(), None));
        let text = pytorch::emit(net, &About { origin, file, ..compiled.about(&compiled.settings) });
        sound(net, &text);
        golden("pytorch", &name, &text);
        names.push(name);
    }
    assert_eq!(goldens("pytorch"), names, "golden/pytorch holds one of each spec and nothing else");
}

fn emitted(text: &str) -> String {
    pytorch::emit(&net(text, &[]), &About::default())
}

/// Of a value whose layer has parameters for each step, and of which a copy of a block makes something, each step has a module, and so
/// has what the copy holds.
#[test]
fn copies_of_blocks_stand_beside_the_modules_of_each_step() {
    for (name, text) in NESTS {
        let net = net(text, &[]);
        let text = pytorch::emit(&net, &About::default());
        sound(&net, &text);
        assert!(net.per_step.len() > 1, "{name}");
    }
    let (_, text) = NESTS[0];
    let text = emitted(text);
    for line in [
        "        self.L.S.inner = nn.Module()",
        "        self.L.S.inner.t.h = Parts()",
        "            self.L.S.inner.t.h.add_module(str(t), nn.Module())",
        "            self.L.S.add_module(str(t), nn.BatchNorm2d(2))",
        "            for t2 in range(1, 3):  # loop L.S.inner.t",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
}

#[test]
fn words_that_python_has_taken_are_others_there_and_the_same_in_files() {
    let text = "model None\ninput image: [1, 4, 4]\nweights train: conv(1 -> 2, kernel: 3)\n\
                weights lambda: conv(2 -> 2, kernel: 3)\nweights train_: conv(2 -> 2, kernel: 3)\n\
                type = relu(train * image)\nself = lambda * type\ntorch = train_ * self\n\
                logits = dense(torch, classes)\noutput logits\n";
    let text = emitted(text);
    for line in [
        "class None_(nn.Module):",
        "RENAMED = {",
        "    \"lambda_.weight\": \"lambda.weight\",",
        "    \"train__.bias\": \"train.bias\",",
        "        self.train_ = nn.Conv2d(2, 2, 3, padding=1)",
        "        type = self.type_(F.relu(self.train__(image)))  # [2, 4, 4]",
        "        self_ = self.self(self.lambda_(type))  # [2, 4, 4]",
        "        self.register_load_state_dict_pre_hook(to_python)",
    ] {
        assert!(text.lines().any(|own| own == line), "{line}\n{text}");
    }
    assert!(!emitted(&spec("lc_cnn")).contains("RENAMED"));
}

#[test]
fn states_change_together() {
    let text = "model Swap\ninput image: [2, 4, 4]\nloop L(steps: 3) {\n    state A = image\n    state B = relu(image)\n\
                \n    A' = B\n    B' = A\n}\nlogits = dense(A + B, classes)\noutput logits\n";
    let text = emitted(text);
    assert!(text.contains("            A, B = self.L.A(B), self.L.B(A)\n"), "{text}");
}

/// A state that is read after its next value is made keeps its old one until then.
#[test]
fn an_old_state_stays_while_it_is_read() {
    let text = "model Late\ninput image: [2, 4, 4]\nloop L(steps: 3) {\n    state A = image\n    state B = image\n\
                \n    A' = tanh(A)\n    B' = B + A\n}\nlogits = dense(A + B, classes)\noutput logits\n";
    let text = emitted(text);
    assert!(text.contains("            A_next = self.L.A(torch.tanh(A))"), "{text}");
    assert!(text.contains("            B = self.L.B(B + A)"), "{text}");
    assert!(text.contains("            A = A_next\n"), "{text}");
    let text = emitted(&spec("lc_cnn"));
    assert!(text.contains("            O = self.V1.O(F.relu(A + self.W_L(O)))"), "{text}");
}

#[test]
fn what_the_spec_says_in_comments_is_said_here() {
    let compiled = clean(&spec("dale"), &[]);
    let text = pytorch::emit(compiled.net.as_ref().unwrap(), &compiled.about(&compiled.settings));
    for said in [
        "\"\"\"Dale's principle kept by hard signs",
        "        # layer1 = max_pool(dann(image, width, inhibitory), 2)\n",
        "        # `relu(g / gamma * (W_EE x - W_EI W_IE x) + b)`",
        "    def keep_signs(self):",
        "    size = (28, 28)\n",
        "    images = F.interpolate(images, size, mode=\"bilinear\", antialias=True)\n",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    let compiled = clean(&spec("lc_resnet20"), &[("sharing", "10")]);
    let text = pytorch::emit(compiled.net.as_ref().unwrap(), &compiled.about(&compiled.settings));
    assert!(
        text.contains("every 10 steps of training")
            && text.contains("        share_(self.stem.connected.local.weight, 3)\n"),
        "{text}"
    );
    let text = pytorch::emit(&net(&spec("lc_cnn"), &[]), &About::default());
    assert!(!text.contains("def sleep") && !text.contains("def keep_signs"), "{text}");
}

#[test]
fn every_transform_is_written() {
    let text = "model Seen\ninput image: [1, 8, 8]\nlogits = dense(image, classes)\noutput logits\ndata {\n    \
                transform: [colour, grayscale, resize(8, side: short), centre_crop(8), normalise(mean: 0.5, sd: 0.25)]\n}\n";
    let called = TRANSFORMS.iter().filter(|step| text.contains(step.call.name)).count();
    assert_eq!(called, TRANSFORMS.len(), "a transform that the spec above has not");
    let compiled = clean(text, &[]);
    let text = pytorch::emit(compiled.net.as_ref().unwrap(), &compiled.about(&compiled.settings));
    assert!(text.contains("    mean = images.new_tensor([0.5])\n") && !text.contains("NotImplemented"), "{text}");
}
