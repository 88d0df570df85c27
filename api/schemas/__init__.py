"""The forms of what is sent and of what is answered. What is sent is checked against them; answers are compared with them in tests."""
