"""Records in, pictures out. Never torch, and Streamlit only under components/."""
