"""How Kinora looks: tokens, icons, delegates, toasts."""
