"""The five questions: generate, impute, denoise, detect, compress; and edits in the latent space."""
