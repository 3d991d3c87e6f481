class Labels:
    def __init__(self, fleet): raise NotImplementedError
