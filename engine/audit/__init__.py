"""The place of verification offline and of exports, yet to be built.

The seal is `engine.scheduler.sealer`, the chain `engine.core.chain`.
"""
