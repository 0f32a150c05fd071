"""An inlet of a Kinesis stream: what came since the last look is written down as a range, and Spark offers ranges as it offers files.

`inlet` is the inlet, `look` finds how far the next range goes, `ranges` keeps them, `lines` turns a record into lines, and `port` is
what reads the stream: boto3 in `infra/aws/kinesis.py`. Why so: docs/adr/0033-kinesis.md.
"""

from jobs.land.spark.kinesis.inlet import KinesisInlet

__all__ = ["KinesisInlet"]
