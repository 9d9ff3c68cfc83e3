"""What TensorBoard's own page of hyperparameters makes of the runs below a folder, as JSON on standard output.

Needs `pip install tensorboard`, not TensorFlow.
"""

import json
import sys

from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.hparams import api_pb2, backend_context, get_experiment, list_session_groups
from tensorboard.plugins import base_plugin

multiplexer = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={"tensors": 0}).AddRunsFromDirectory(sys.argv[1])
multiplexer.Reload()
provider = data_provider.MultiplexerDataProvider(multiplexer, sys.argv[1])
backend = backend_context.Context(base_plugin.TBContext(data_provider=provider))
experiment = get_experiment.Handler(RequestContext(), backend, "", api_pb2.GetExperimentRequest()).run()
statuses = [api_pb2.STATUS_UNKNOWN, api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING]
metrics = [info.name.tag for info in experiment.metric_infos]
columns = [api_pb2.ColParams(metric=info.name) for info in experiment.metric_infos]
request = api_pb2.ListSessionGroupsRequest(
    allowed_statuses=statuses, col_params=columns, start_index=0, slice_size=100, aggregation_type=api_pb2.AGGREGATION_AVG
)
groups = list_session_groups.Handler(RequestContext(), backend, "", request).run().session_groups


def plain(value):
    return getattr(value, value.WhichOneof("kind"))


found = [
    {
        "run": session.name,
        "status": session.status,
        "hparams": {name: plain(value) for name, value in group.hparams.items()},
        "metrics": {value.name.tag: value.value for value in session.metric_values},
        "seconds": session.end_time_secs - session.start_time_secs,
    }
    for group in groups
    for session in group.sessions
]
json.dump(sorted(found, key=lambda it: it["run"]), sys.stdout)
