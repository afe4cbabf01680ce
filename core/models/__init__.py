"""Chat models: any OpenAI-compatible endpoint, a local GGUF file, recorded replies, a script."""
