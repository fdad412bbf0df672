"""What AWS services do to each other on their own: deliveries, metrics, alarms, schedules."""
