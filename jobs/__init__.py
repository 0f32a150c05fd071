"""The work: landing, facts, publishing, simulation, and the compiler from meanings to SQL.

Must never import boto3, nor hold a metric's logic.
"""
