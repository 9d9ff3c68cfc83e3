"""Every function of the package, on a net that trains in no time on a data set that is built in."""

import contextlib
import io
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

import numpy

import lcnnc

TINY = Path(__file__).resolve().parents[2] / "tests" / "tiny.lcnn"
FEW = {"limit": 64, "limit_test": 32, "device": "cpu", "no_tensorboard": True}
BAD = "model Bad\ninput image: [1, 8, 8]\nA = rleu(image) // <b>\noutput logits\n"
# Epochs enough that a signal finds it training.
LONG = "import lcnnc, sys; lcnnc.run(sys.argv[1], limit=64, limit_test=32, epochs=100000, device='cpu', threads=1)"


def installed(name: str) -> bool:
    try:
        __import__(name)
    except ImportError:
        return False
    return True


class InFolder(unittest.TestCase):
    """A folder of its own, in which a run of two epochs is."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.mkdtemp(prefix="lcnnc-tests-")
        cls.before = os.getcwd()
        os.chdir(cls.folder)
        shutil.copy(TINY, "tiny.lcnn")
        cls.said = io.StringIO()
        with contextlib.redirect_stderr(cls.said):
            cls.run_ = lcnnc.run("tiny", "contours", seed=3, epochs=2, keep=1, **FEW)

    @classmethod
    def tearDownClass(cls) -> None:
        os.chdir(cls.before)
        shutil.rmtree(cls.folder)


class Trained(InFolder):
    def test_a_line_an_epoch_is_said(self) -> None:
        # What the spec is warned of is indented.
        lines = [line for line in self.said.getvalue().splitlines() if line[:1].strip()]
        self.assertEqual([line.split(",")[0] for line in lines[:2]], ["epoch 1/2", "epoch 2/2"])
        self.assertTrue(lines[2].startswith("test accuracy "), lines)
        accuracy = self.run_.metrics["validation_accuracy"]
        self.assertIn(f"validation accuracy {100 * accuracy[0]:.2f} %", lines[0])
        quiet = io.StringIO()
        with contextlib.redirect_stderr(quiet):
            lcnnc.run("tiny", epochs=1, progress=False, **FEW)
        self.assertEqual(quiet.getvalue(), "")

    def test_settings_are_those_that_were_given(self) -> None:
        self.assertEqual(self.run_.manifest["seed"], 3)
        self.assertEqual(self.run_.summary["epochs"], 2)
        run = lcnnc.run("tiny", epochs=1, label_smoothing="20%", progress=False, **FEW)
        self.assertIn("label_smoothing: 20%", run.spec)
        with self.assertRaises(lcnnc.LcnncError) as caught:
            lcnnc.run("tiny", label_smothing="20%", progress=False, **FEW)
        self.assertIn("label_smoothing", str(caught.exception))
        # Notebooks wish for colours, which exceptions are free of.
        with mock.patch.dict(os.environ, {"CLICOLOR_FORCE": "1"}), self.assertRaises(lcnnc.LcnncError) as caught:
            lcnnc.call("check")
        self.assertNotIn("\x1b", str(caught.exception))

    def test_a_run_is_what_its_files_say(self) -> None:
        run = lcnnc.load(self.run_.folder)
        self.assertEqual(run.spec, (run.folder / "spec.lcnn").read_text())
        self.assertEqual(run.weights["W_A.weight"].shape, (4, 1, 3, 3))
        self.assertEqual(run.weights["W_L.weight"].dtype, numpy.float32)
        last, second = run.weights_of("last"), run.weights_of("epoch:2")
        self.assertTrue((last["W_L.weight"] == second["W_L.weight"]).all())
        self.assertFalse((last["W_L.weight"] == run.weights_of("initial")["W_L.weight"]).all())
        rows = [json.loads(line) for line in (run.folder / "metrics.jsonl").read_text().splitlines()]
        self.assertEqual(list(run.metrics), list(rows[0]))
        self.assertEqual(run.metrics["train_loss"].tolist(), [row["train_loss"] for row in rows])
        self.assertEqual(run.metrics["epoch"].tolist(), [1, 2])
        self.assertIn("<lcnnc.Run Tiny, test accuracy ", repr(run))
        for which, error in [("epoch:7", FileNotFoundError), ("first", ValueError), ("epoch:x", ValueError)]:
            with self.assertRaises(error):
                run.weights_of(which)
        with self.assertRaises(FileNotFoundError):
            lcnnc.load("nowhere")

    def test_activations_are_arrays(self) -> None:
        x = self.run_.activations(["image", "A", "O@all", "logits"], limit=5)
        self.assertEqual(x["O@all"].shape, (5, 3, 4, 12, 12))
        self.assertEqual((x["labels"].shape, x["logits"].dtype), ((5,), numpy.dtype("float32")))
        # The state begins as `A`, and its next value is that of the equation.
        self.assertTrue((x["O@all"][:, 0] == x["A"]).all())
        kernel, padded = self.run_.weights["W_L.weight"], numpy.pad(x["A"], ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = numpy.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        wanted = numpy.maximum(x["A"] + numpy.einsum("ncyxij,ocij->noyx", windows, kernel), 0)
        numpy.testing.assert_allclose(x["O@all"][:, 1], wanted, rtol=1e-4, atol=1e-5)
        self.assertEqual(len(x.about["images"]), 5)
        last = self.run_.activations("A", limit=5, weights="last")
        self.assertEqual(set(last), {"A", "labels"})
        self.assertTrue(last.about["weights"].endswith("/last.safetensors"))
        with self.assertRaises(lcnnc.LcnncError) as caught:
            self.run_.activations("Q")
        self.assertEqual(caught.exception.exit_code, 2)
        self.assertIn("the net has no value `Q`", str(caught.exception))

    def test_several_seeds_are_several_runs(self) -> None:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            runs = lcnnc.run("tiny", seeds=2, epochs=1, **FEW)
        self.assertEqual([run.manifest["seed"] for run in runs], [0, 1])
        self.assertIn("seed 1: epoch 1/1: ", said.getvalue())

    def test_weights_from_elsewhere_and_warnings_are_said(self) -> None:
        said = io.StringIO()
        begins = {"weights_from": self.run_.folder, "weights_except": "logits.*", "patience": 2}
        with contextlib.redirect_stderr(said):
            lcnnc.run("tiny", epochs=1, validation="0%", **begins, **FEW)
        text = said.getvalue()
        lines = text.splitlines()
        table = [line for line in lines if line.startswith(("weights    ", " " * 11))]
        self.assertIn(" taken from ", table[0])
        self.assertTrue(table[1].split()[:2] == ["in", "the"] and any("`logits.*` is excepted" in row for row in table))
        self.assertLess(lines.index(table[-1]), next(n for n, line in enumerate(lines) if line.startswith("epoch 1/1")))
        self.assertEqual(text.count("warning: `patience` never ends"), 1)
        # Of several seeds it is said once, and an error is not said beside the exception.
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            lcnnc.run("tiny", epochs=1, seeds=2, **begins, **FEW)
        self.assertEqual(said.getvalue().count("weights    "), 1)
        said = io.StringIO()
        with self.assertRaises(lcnnc.LcnncError), contextlib.redirect_stderr(said):
            lcnnc.run("tiny", lr=1e30, clip=0, epochs=2, **FEW)
        self.assertNotIn("error", said.getvalue())

    def test_exports_for_other_programs_are_paths(self) -> None:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            onnx = lcnnc.export(self.run_, "onnx")
            kept = lcnnc.export(self.run_, "onnx", out=Path("sub graph.onnx"), outputs="O@all,logits")
            plugin = lcnnc.export(self.run_, "brainscore", map={"V1": "O"})
        self.assertEqual([onnx, kept, plugin], [Path("tiny.onnx"), Path("sub graph.onnx"), Path("tiny")])
        self.assertTrue(onnx.is_file() and kept.is_file() and (plugin / "model.py").is_file())
        self.assertIn("warning: the net has 2 classes, ", said.getvalue())
        of_text = lcnnc.export(TINY.read_text(), "onnx", out="text.onnx")
        self.assertTrue(of_text.is_file())
        for to, more in [
            ("onix", {}),
            ("onnx", {"out": "x.txt"}),
            ("onnx", {"loop": True}),
            ("brainscore", {"map": "V9=O"}),
        ]:
            with self.assertRaises(lcnnc.LcnncError) as caught:
                lcnnc.export(self.run_, to, **more)
            self.assertEqual(caught.exception.exit_code, 2)
        # Nothing is written where PyTorch is missing.
        with mock.patch.dict(sys.modules, {"torch": None}), self.assertRaises(ImportError) as caught:
            lcnnc.export(self.run_, out="missing.py")
        self.assertIn("pip install torch", str(caught.exception))
        self.assertFalse(Path("missing.py").exists())

    def test_a_text_is_a_spec(self) -> None:
        run = lcnnc.run(TINY.read_text(), epochs=1, set={}, progress=False, **FEW)
        self.assertEqual((run.folder.parent.name, run.manifest["model"]), ("Tiny", "Tiny"))

    def test_a_signal_saves_the_run_and_is_raised(self) -> None:
        # Whoever runs the tests in the background of a shell has them ignore Ctrl-C.
        child = subprocess.Popen(
            [sys.executable, "-c", LONG, "tiny"],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        first = child.stderr.readline()
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
        self.assertTrue(first.startswith("epoch 1/100000"), first + said)
        self.assertIn("KeyboardInterrupt: saved: `lcnnc.resume('runs/tiny/", said)
        folder = said.split("lcnnc.resume('")[1].split("'")[0]
        self.assertIsNone(lcnnc.load(folder).summary)
        done = len(lcnnc.load(folder).metrics["epoch"])
        shown = io.StringIO()

        def stop() -> None:
            time.sleep(1)
            signal.raise_signal(signal.SIGINT)

        threading.Thread(target=stop).start()
        with self.assertRaises(KeyboardInterrupt), contextlib.redirect_stderr(shown):
            lcnnc.resume(folder)
        self.assertGreater(len(lcnnc.load(folder).metrics["epoch"]), done)
        self.assertTrue(shown.getvalue().startswith(f"epoch {done + 1}/100000, loss "), shown.getvalue()[:200])


class Refused(InFolder):
    def test_diagnostics_are_objects(self) -> None:
        found = lcnnc.check(BAD)
        self.assertEqual([one.code for one in found][:1], ["L0102"])
        first = found[0]
        self.assertEqual((first.level, first.line, first.column), ("error", 3, 5))
        self.assertEqual(first.help, "did you mean `relu`?")
        self.assertEqual(str(first), "3:5: error[L0102]: there is no layer or function `rleu` (did you mean `relu`?)")
        self.assertEqual(found.errors, list(found))
        html = found._repr_html_()
        self.assertIn("A = <mark>rleu</mark>(image) // &lt;b&gt;", html)
        self.assertNotIn("<b>(", html.replace("<b style", ""))
        self.assertEqual(lcnnc.check("tiny"), [])
        self.assertEqual(str(lcnnc.check(Path("tiny.lcnn"))), "no problem")
        with self.assertRaises(lcnnc.LcnncError):
            lcnnc.check("nothing")
        self.assertIn("width", lcnnc.check("tiny", set={"width": 3}).errors[0].message)

    def test_errors_are_exceptions(self) -> None:
        with self.assertRaises(lcnnc.LcnncError) as caught:
            lcnnc.run(BAD, progress=False)
        error = caught.exception
        self.assertEqual((error.exit_code, error.diagnostics[0].code), (1, "L0102"))
        self.assertIn("error[L0102]: there is no layer or function `rleu`", str(error))
        again = pickle.loads(pickle.dumps(error))
        self.assertEqual((str(again), again.exit_code), (str(error), 1))
        with self.assertRaises(lcnnc.LcnncError) as caught:
            lcnnc.run("tiny", lr=1e30, clip=0, epochs=2, progress=False, **FEW)
        self.assertEqual(caught.exception.exit_code, 3)
        self.assertEqual(lcnnc.load(caught.exception.folder).manifest["model"], "Tiny")

    def test_the_program_is_found(self) -> None:
        with mock.patch.dict(os.environ, {"LCNNC_BINARY": "nowhere"}), self.assertRaises(FileNotFoundError):
            lcnnc.find_lcnnc()
        self.assertTrue(os.access(lcnnc.find_lcnnc(), os.X_OK))
        done = subprocess.run([sys.executable, "-m", "lcnnc", "check", "nothing"], capture_output=True, text=True)
        self.assertEqual((done.returncode, "nothing" in done.stderr), (2, True))


@unittest.skipUnless(installed("torch"), "needs torch")
class Exported(InFolder):
    def test_the_module_answers_as_the_run_does(self) -> None:
        import torch

        net = lcnnc.export(self.run_)
        x = self.run_.activations(["image", "logits"], limit=6)
        with torch.no_grad():
            logits = net(torch.from_numpy(x["image"])).numpy()
        numpy.testing.assert_allclose(logits, x["logits"], rtol=1e-4, atol=1e-5)
        self.assertEqual(net.preprocess(torch.zeros(2, 1, 48, 48)).shape, (2, 1, 12, 12))
        names = set(pickle.loads(pickle.dumps(net)).state_dict()) - {"A.num_batches_tracked"}
        self.assertEqual(names, set(self.run_.weights))
        last = lcnnc.export(self.run_, out="kept.py", weights="last")
        self.assertTrue((last.W_L.weight.detach().numpy() == self.run_.weights_of("last")["W_L.weight"]).all())
        self.assertTrue(Path("kept.py").exists() and Path("kept.safetensors").exists())
        # Of a spec there are no weights, though some lie beside it.
        shutil.copy("kept.safetensors", "fresh.safetensors")
        fresh = lcnnc.export("tiny.lcnn", out="fresh.py", force=False)
        self.assertFalse(torch.equal(fresh.W_L.weight, last.W_L.weight))


@unittest.skipUnless(installed("IPython"), "needs IPython")
class Cells(InFolder):
    def test_a_cell_is_checked_and_kept(self) -> None:
        from IPython.core.interactiveshell import InteractiveShell
        from IPython.utils.capture import capture_output

        shell = InteractiveShell.instance()
        shell.run_line_magic("load_ext", "lcnnc")
        with capture_output() as captured:
            shell.run_cell_magic("lcnn", "bad", BAD)
        self.assertIn("A = <mark>rleu</mark>(image) // &lt;b&gt;", captured.outputs[0].data["text/html"])
        self.assertEqual(shell.user_ns["bad"], BAD)
        with capture_output() as captured:
            shell.run_cell_magic("lcnn", "", TINY.read_text())
        self.assertEqual(captured.outputs[0].data["text/plain"], "no problem")

    def test_a_notebook_has_one_display(self) -> None:
        from IPython import display

        shown = mock.MagicMock()
        kernel = mock.MagicMock()
        with mock.patch("IPython.get_ipython", return_value=kernel), mock.patch.object(display, "display", shown):
            lcnnc.run("tiny", epochs=3, **FEW)
        self.assertEqual(shown.call_count, 1)
        updates = shown.return_value.update.call_args_list or shown.call_args_list
        html = updates[-1].args[0]["text/html"]
        self.assertTrue(html.startswith('<progress value="3" max="3"></progress> test accuracy '), html)


if __name__ == "__main__":
    unittest.main()
