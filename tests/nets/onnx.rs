//! Graphs of ONNX as they are written, read again: names, shared weights, outputs, files. That onnxruntime computes the same by them is
//! `agreement/exported_onnx.rs`.

use lcnnc::activity::Asked;
use lcnnc::back::burn::initial;
use lcnnc::back::onnx::file::{Contents, MOST_BYTES};
use lcnnc::back::onnx::proto::{
    AttributeProto, Dimension, FLOAT, GraphProto, INT64, ModelProto, NodeProto, TensorProto,
};
use lcnnc::back::onnx::{Export, NoGraph, Options, emit};
use lcnnc_lang::ir::{Net, ParamId};
use lcnnc_lang::kinds::KINDS;
use lcnnc_testing::nests::{NESTED, NESTS};
use lcnnc_testing::random::{passage, penalties, written};
use lcnnc_testing::{clean, compile_as, golden, goldens, net, spec, specs};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};

fn numbers(net: &Net) -> impl FnMut(ParamId) -> std::io::Result<Vec<f32>> {
    |id| Ok(initial(net, 0, id).into_iter().map(|x| x as f32).collect())
}

/// The bytes of each file, by its name.
fn files(net: &Net, graph: &Export, most: u64) -> Vec<(String, Contents, Vec<u8>)> {
    let write = |(name, contents): (String, Contents)| {
        let mut bytes = Vec::new();
        graph.write(net, &contents, &mut numbers(net), &mut bytes).unwrap();
        (name, contents, bytes)
    };
    graph.files(net, "net.onnx", most).into_iter().map(write).collect()
}

/// The file of a net, read again.
fn read(net: &Net, options: &Options) -> ModelProto {
    let graph = emit(net, options).unwrap();
    let mut files = files(net, &graph, MOST_BYTES);
    assert_eq!(files.len(), 1);
    ModelProto::decode(files.remove(0).2.as_slice()).unwrap()
}

fn asked(net: &Net, texts: &[&str]) -> Vec<Asked> {
    texts.iter().map(|text| Asked::of(net, text).unwrap()).collect()
}

fn graph_of(net: &Net, loops: bool, outputs: &[&str]) -> GraphProto {
    read(net, &Options { loops, outputs: asked(net, outputs), ..Options::default() }).graph.unwrap()
}

fn outputs(graph: &GraphProto) -> Vec<&str> {
    graph.output.iter().map(|output| output.name.as_str()).collect()
}

/// Checks what holds of every graph: a tensor is made once, and before it is read; weights are there once, with all their numbers, and
/// nothing is there that nobody reads.
fn sound(net: &Net, graph: &GraphProto) {
    let mut known: BTreeSet<&str> = graph.input.iter().map(|input| input.name.as_str()).collect();
    let mut read: BTreeSet<&str> = graph.output.iter().map(|output| output.name.as_str()).collect();
    for tensor in &graph.initializer {
        assert!(known.insert(&tensor.name), "{} is there twice", tensor.name);
        let bytes = tensor.dims.iter().product::<i64>() * if tensor.data_type == FLOAT { 4 } else { 8 };
        assert_eq!(tensor.raw_data.as_ref().unwrap().len() as i64, bytes, "{}", tensor.name);
        if let Some(param) = net.params.iter().find(|param| param.name == tensor.name) {
            assert_eq!(tensor.dims, param.shape.iter().map(|dim| *dim as i64).collect::<Vec<_>>());
        }
    }
    nodes_are_sound(&graph.node, &mut known, &mut read);
    for made in graph.initializer.iter().map(|tensor| &tensor.name).chain(graph.node.iter().map(|node| &node.output[0]))
    {
        assert!(
            read.contains(made.as_str()) || graph.node.iter().any(|node| node.op_type == "Loop"),
            "nobody reads {made}"
        );
    }
    let names: Vec<&str> = graph.node.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

fn nodes_are_sound<'g>(nodes: &'g [NodeProto], known: &mut BTreeSet<&'g str>, used: &mut BTreeSet<&'g str>) {
    for node in nodes {
        for input in node.input.iter().filter(|input| !input.is_empty()) {
            assert!(known.contains(input.as_str()), "{} reads {input}, which is not there", node.name);
            used.insert(input);
        }
        for body in node.attribute.iter().filter_map(|attribute| attribute.g.as_ref()) {
            let mut inside = known.clone();
            for input in &body.input {
                assert!(inside.insert(&input.name), "{} is there twice", input.name);
            }
            nodes_are_sound(&body.node, &mut inside, used);
            let made: BTreeSet<&String> = body.node.iter().flat_map(|node| &node.output).collect();
            assert!(body.output.iter().all(|output| made.contains(&output.name)), "{}", body.name);
        }
        for output in &node.output {
            assert!(known.insert(output), "{output} is there twice");
        }
    }
}

/// A graph as text: a line for each input, tensor, node and output.
fn text(graph: &GraphProto) -> String {
    let mut lines = vec![format!("graph {}", graph.name)];
    let dims = |info: &lcnnc::back::onnx::proto::ValueInfoProto| {
        let shape = info.kind.as_ref().and_then(|kind| kind.tensor_type.as_ref()?.shape.clone()).unwrap();
        let dims = shape.dim.into_iter().map(|dim| match dim.value.unwrap() {
            Dimension::Value(n) => n.to_string(),
            Dimension::Param(name) => name,
        });
        format!("{} [{}]", info.name, dims.collect::<Vec<_>>().join(", "))
    };
    let shapes: BTreeMap<&str, String> = graph.value_info.iter().map(|info| (info.name.as_str(), dims(info))).collect();
    lines.extend(graph.input.iter().map(|input| format!("input {}", dims(input))));
    for tensor in &graph.initializer {
        lines.push(format!("{} {:?}{}", tensor.name, tensor.dims, constant(tensor)));
    }
    nodes_text(&graph.node, &shapes, "", &mut lines);
    lines.extend(graph.output.iter().map(|output| format!("output {}", dims(output))));
    lines.join("\n")
}

fn nodes_text(nodes: &[NodeProto], shapes: &BTreeMap<&str, String>, indent: &str, lines: &mut Vec<String>) {
    for node in nodes {
        let made: Vec<&str> =
            node.output.iter().map(|name| shapes.get(name.as_str()).map_or(name.as_str(), String::as_str)).collect();
        let facts: Vec<String> = node.attribute.iter().filter(|it| it.g.is_none()).map(fact).collect();
        let facts = if facts.is_empty() { String::new() } else { format!(" {{{}}}", facts.join(", ")) };
        lines.push(format!("{indent}{} = {}({}){facts}", made.join(", "), node.op_type, node.input.join(", ")));
        for body in node.attribute.iter().filter_map(|attribute| attribute.g.as_ref()) {
            let names = |infos: &[lcnnc::back::onnx::proto::ValueInfoProto]| {
                infos.iter().map(|info| info.name.clone()).collect::<Vec<_>>().join(", ")
            };
            lines.push(format!("{indent}    body({})", names(&body.input)));
            nodes_text(&body.node, shapes, &format!("{indent}    "), lines);
            lines.push(format!("{indent}    gives {}", names(&body.output)));
        }
    }
}

fn fact(it: &AttributeProto) -> String {
    let value = match (&it.i, &it.f, &it.s) {
        (Some(i), _, _) => i.to_string(),
        (_, Some(f), _) => f.to_string(),
        (_, _, Some(s)) => String::from_utf8(s.clone()).unwrap(),
        _ => format!("{:?}", it.ints),
    };
    format!("{}: {value}", it.name)
}

/// The numbers of a small tensor of whole numbers.
fn constant(tensor: &TensorProto) -> String {
    match tensor.raw_data.as_ref().filter(|_| tensor.data_type == INT64) {
        Some(bytes) => {
            format!(" = {:?}", bytes.as_chunks().0.iter().map(|x| i64::from_le_bytes(*x)).collect::<Vec<_>>())
        }
        None => String::new(),
    }
}

#[test]
fn graphs_are_written_as_reviewed() {
    for (name, loops, set) in [("lc_cnn", false, &[][..]), ("lc_cnn_loops", true, &[]), ("dale", false, &[])] {
        let net = net(&spec(name.trim_end_matches("_loops")), set);
        golden("onnx", name, &text(&graph_of(&net, loops, &[])));
    }
    assert_eq!(goldens("onnx"), ["dale", "lc_cnn", "lc_cnn_loops"]);
}

/// How often each operation stands in these nodes and in the bodies of their loops.
fn counted<'g>(nodes: &'g [NodeProto], counts: &mut BTreeMap<&'g str, usize>) {
    for node in nodes {
        *counts.entry(&node.op_type).or_default() += 1;
        node.attribute.iter().filter_map(|attribute| attribute.g.as_ref()).for_each(|body| counted(&body.node, counts));
    }
}

/// A graph in short: what goes in and comes out, each tensor that is in it, how often each operation is, and a checksum of all its lines, of
/// which a change of any link or setting would make another one.
fn short(graph: &GraphProto) -> String {
    let whole = text(graph);
    let tensors = graph.initializer.len();
    let mut lines: Vec<String> = whole.lines().take(1 + graph.input.len() + tensors).map(str::to_owned).collect();
    let mut counts = BTreeMap::new();
    counted(&graph.node, &mut counts);
    lines.extend(counts.into_iter().map(|(op, count)| format!("{count} {op}")));
    lines.extend(whole.lines().rev().take(graph.output.len()).map(str::to_owned));
    let all = lcnnc::data::sha256([whole.as_bytes()]);
    lines.push(format!("{} lines, SHA-256 {}", whole.lines().count(), &all[..16]));
    lines.join("\n")
}

/// No weight has a number here, so a net may be as large as it likes.
#[test]
fn every_spec_has_the_graph_that_was_reviewed() {
    let mut names = Vec::new();
    for (name, spec) in specs() {
        let net = net(&spec, &[]);
        let graph = |loops| {
            let metadata = vec![("origin".to_owned(), format!("{name}.lcnn"))];
            let graph = emit(&net, &Options { loops, metadata, ..Options::default() }).unwrap();
            let (_, contents) = graph.files(&net, "net.onnx", 1).remove(0);
            let mut bytes = Vec::new();
            graph.write(&net, &contents, &mut |_| panic!("a number is read"), &mut bytes).unwrap();
            let model = ModelProto::decode(bytes.as_slice()).unwrap();
            let keys: Vec<&str> = model.metadata_props.iter().map(|entry| entry.key.as_str()).collect();
            format!("metadata {}\n{}", keys.join(", "), short(model.graph.as_ref().unwrap()))
        };
        let mut all = graph(false);
        if net.loops().next().is_some() {
            let loops = graph(true);
            // The tensors that both have are named once.
            let own: Vec<&str> = loops.lines().filter(|line| !all.lines().any(|other| other == *line)).collect();
            all = format!("{all}\nwith its loops, where that is other:\n{}", own.join("\n"));
        }
        assert!(all.lines().count() < 400, "{name}");
        golden("onnx_short", &name, &all);
        names.push(name);
    }
    assert_eq!(goldens("onnx_short"), names, "golden/onnx_short holds one of each spec and nothing else");
}

#[test]
fn every_spec_and_kind_has_a_sound_graph() {
    let kind = |example: &str| {
        format!("model Kind\ninput image: [3, 8, 8]\n{example}\nlogits = dense(y, classes)\noutput logits\n")
    };
    let kinds = KINDS.iter().map(|it| (it.name.to_owned(), kind(it.example)));
    let nests = NESTS.map(|(name, text)| (name.to_owned(), text.to_owned()));
    for (name, text) in specs().into_iter().chain(kinds).chain(nests) {
        let net = net(&text, &[]);
        for loops in [false, true] {
            let graph = emit(&net, &Options { loops, ..Options::default() }).unwrap();
            let mut written = graph.model.graph.clone().unwrap();
            // Weights without their numbers would do here; of a large net they are many.
            if net.params.iter().map(lcnnc_lang::ir::Param::len).sum::<usize>() < 1_000_000 {
                written = read(&net, &Options { loops, ..Options::default() }).graph.unwrap();
                assert_eq!(outputs(&written), ["logits"], "{name}");
                sound(&net, &written);
            }
            assert!(!loops || net.loops().next().is_none() || written.node.iter().any(|node| node.op_type == "Loop"));
        }
    }
}

#[test]
fn any_net_has_sound_graphs_of_any_of_its_values() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = 0;
    for _ in 0..200 {
        let passages = prop::collection::vec(passage(), 0..6).new_tree(&mut runner).unwrap().current();
        let penalties = penalties().new_tree(&mut runner).unwrap().current();
        let Some(net) = compile_as("any.lcnn", &written(&passages, &penalties), &[]).net else { continue };
        let texts: BTreeSet<String> = net.traced().iter().map(|value| value.name.clone()).collect();
        let rows = texts.iter().flat_map(|name| [name.clone(), format!("{name}@all")]);
        let asked: Vec<Asked> = rows.filter_map(|text| Asked::of(&net, &text).ok()).collect();
        for loops in [false, true] {
            sound(&net, &graph_of(&net, loops, &[]));
            let graph = read(&net, &Options { loops, outputs: asked.clone(), ..Options::default() }).graph.unwrap();
            sound(&net, &graph);
            let wanted: Vec<&str> = asked.iter().map(|asked| asked.text.as_str()).collect();
            assert_eq!(outputs(&graph), wanted);
        }
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn steps_share_weights_and_have_names_of_their_own() {
    let net = net(&spec("lc_cnn"), &[("steps", "5")]);
    let graph = graph_of(&net, false, &[]);
    let readers = graph.node.iter().filter(|node| node.input.contains(&"W_L.weight".to_owned())).count();
    assert_eq!((readers, graph.initializer.iter().filter(|it| it.name == "W_L.weight").count()), (5, 1));
    for name in ["A", "O@1", "O@2", "O@5", "O@2.conv", "logits"] {
        assert!(graph.node.iter().any(|node| node.output == [name]), "{name}\n{}", text(&graph));
    }
    let kept = graph_of(&net, true, &[]);
    assert!(kept.node.len() < graph.node.len() && kept.node.iter().filter(|node| node.op_type == "Conv").count() == 1);
    // The numbers are the net's own.
    let weight = graph.initializer.iter().find(|tensor| tensor.name == "W_L.weight").unwrap();
    let id = ParamId(net.params.iter().position(|param| param.name == "W_L.weight").unwrap());
    let bytes: Vec<u8> = numbers(&net)(id).unwrap().into_iter().flat_map(f32::to_le_bytes).collect();
    assert_eq!(weight.raw_data.as_ref(), Some(&bytes));
}

#[test]
fn outputs_are_called_as_they_were_asked_for_and_the_rest_is_left_out() {
    let net = net(&spec("lc_cnn"), &[("steps", "5")]);
    for loops in [false, true] {
        let graph = graph_of(&net, loops, &["O@all", "O", "O@0", "O@2", "A"]);
        assert_eq!(outputs(&graph), ["O@all", "O", "O@0", "O@2", "A"]);
        sound(&net, &graph);
        let shown = text(&graph);
        assert!(shown.contains("output O@all [batch, 6, 8, 48, 48]\noutput O [batch, 8, 48, 48]\n"), "{shown}");
        assert!(!shown.contains("logits"), "what no output needs is not there\n{shown}");
        let early = graph_of(&net, loops, &["O@2"]);
        let steps =
            early.node.iter().filter(|node| node.name.ends_with(".conv") && node.name.starts_with("O@")).count();
        assert_eq!(steps, if loops { 0 } else { 2 }, "{}", text(&early));
    }
    let nested = lcnnc_testing::net(NESTED, &[]);
    for loops in [false, true] {
        sound(
            &nested,
            &graph_of(
                &nested,
                loops,
                &["L.S.inner.T@all", "L.S.inner.T@2@1", "L.S.inner.h", "S@all", "Q", "Q@1", "logits"],
            ),
        );
    }
}

#[test]
fn a_large_graph_has_its_weights_beside_it() {
    let net = net(&spec("lc_cnn"), &[("steps", "5")]);
    let graph = emit(&net, &Options::default()).unwrap();
    let whole = files(&net, &graph, MOST_BYTES).remove(0).2;
    let [(name, _, bytes), (beside, _, numbers)] = files(&net, &graph, 10_000).try_into().unwrap();
    assert_eq!((name.as_str(), beside.as_str()), ("net.onnx", "net.onnx.data"));
    assert!(bytes.len() + numbers.len() < whole.len() + 2000 && bytes.len() < 20_000);
    let (whole, split) = (ModelProto::decode(whole.as_slice()).unwrap(), ModelProto::decode(bytes.as_slice()).unwrap());
    let mut end = 0;
    for (inside, outside) in whole.graph.unwrap().initializer.iter().zip(&split.graph.unwrap().initializer) {
        if outside.external_data.is_empty() {
            assert_eq!(inside, outside);
            continue;
        }
        let fact = |key| outside.external_data.iter().find(|entry| entry.key == key).unwrap().value.clone();
        let [offset, length] = ["offset", "length"].map(|key| fact(key).parse::<usize>().unwrap());
        assert_eq!((fact("location"), offset), ("net.onnx.data".to_owned(), end));
        assert_eq!(inside.raw_data.as_deref(), Some(&numbers[offset..offset + length]), "{}", outside.name);
        end = offset + length;
    }
    assert_eq!(end, numbers.len());
    // The length that decides is that of the file.
    let len = self::files(&net, &graph, MOST_BYTES)[0].2.len() as u64;
    assert_eq!(graph.files(&net, "net.onnx", len + 10).len(), 1);
    assert_eq!(graph.files(&net, "net.onnx", len - 10).len(), 2);
}

#[test]
fn pictures_become_what_the_net_takes() {
    let text = "model Seen\ninput image: [3, 16, 16]\nlogits = dense(image, classes)\noutput logits\n\
                data {\n    transform: [colour, resize(20, side: short), centre_crop(16), normalise(imagenet)]\n}\n";
    let compiled = clean(text, &[]);
    let net = compiled.net.as_ref().unwrap();
    let pictures = Some(compiled.settings.test_transforms().to_vec());
    let graph = read(net, &Options { pictures, ..Options::default() }).graph.unwrap();
    sound(net, &graph);
    let shown = self::text(&graph);
    assert!(shown.contains("input pictures [batch, channels, height, width]"), "{shown}");
    assert!(shown.contains("image = Identity(normalise)"), "{shown}");
}

#[test]
fn what_has_no_graph_is_refused_with_the_reason() {
    let long = net(
        "model Long\ninput image: [1, 4, 4]\nloop L(steps: 10000) {\n    state S = image\n    S' = tanh(S + S * S - 1)\n}\n\
                    loop M(steps: 10000) {\n    state T = S\n    T' = tanh(T + T * T - 1)\n}\n\
                    logits = dense(T, classes)\noutput logits\n",
        &[],
    );
    match emit(&long, &Options::default()) {
        Err(error @ NoGraph::Long(_)) => assert!(error.to_string().contains("`--loops`"), "{error}"),
        Ok(_) => assert!(lcnnc_lang::ir::unrolled(&long).is_ok()),
        Err(error) => panic!("{error}"),
    }
    assert!(emit(&long, &Options { loops: true, ..Options::default() }).is_ok());
    let local = net(
        "model Own\ninput image: [2, 8, 8]\nF = local(image, 4, kernel: 3)\nlogits = dense(F, classes)\noutput logits\n",
        &[],
    );
    // 64 places, each with 2 × 3 × 3 numbers of 4 bytes.
    let error = emit(&local, &Options { most_windows: 4607, ..Options::default() }).unwrap_err();
    assert_eq!(error, NoGraph::Windows { equation: "`F`".to_owned(), bytes: 4608, most: 4607 });
    assert!(emit(&local, &Options { most_windows: 4608, ..Options::default() }).is_ok());
    let image = asked(&local, &["image"]);
    let error = emit(&local, &Options { outputs: image.clone(), ..Options::default() }).unwrap_err();
    assert!(error.to_string().starts_with("`image` is what the graph is given"), "{error}");
    assert!(emit(&local, &Options { outputs: image, pictures: Some(Vec::new()), ..Options::default() }).is_ok());
}
