"""What executions cost: counted from their histories and the REPORT lines of their functions, at prices of a file.

Counted: state transitions, Lambda requests and GB-seconds, SNS, tokens of Nova Pro, searches by Serper. Not counted, since
no execution's share of them is known: DynamoDB, S3, log ingestion, X-Ray, free tiers.
"""
