"""The only place with boto3: sessions and clients, error translation, eventual consistency, waiting."""
