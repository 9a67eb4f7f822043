"""What must not break: churn, clocks that wrap and jump, leaving, hostile senders and models, real time."""
