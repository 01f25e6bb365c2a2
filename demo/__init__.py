"""The main job from end to end, against a stand-in Acumatica. Drives command lines only; imports no connector."""
